"""The web process: `python -m control.web_server FD` answers at a socket that its parent has opened."""

from __future__ import annotations

import logging
import sys
from typing import Any

from django.conf import settings

from control.asgi import application
from control.management.in_use import use_for_pages
from control.management.refusing import StartFailed
from control.streamed_bodies import StreamingServer

# The limit holds for both directions: browsers send little, but a frame of events takes up to half a megabyte, and more
# where a single line is long.
LONGEST_FRAME = 16 * 1024 * 1024

log = logging.getLogger("control.access")


def log_access(protocol: str, action: str, details: dict[str, Any]) -> None:
    """One line per answer. Queries are left out: whoever puts something secret into an address finds it in no log."""
    path = details["path"].partition("?")[0]
    if (protocol, action) == ("http", "complete"):
        took_ms = round(1000 * details["time_taken"])
        text = f"{details['method']} {path} {details['status']}"
        log.info(text, extra={"client": details["client"], "ms": took_ms, "bytes": details["size"]})
    elif protocol == "websocket" and action in ("connected", "rejected", "disconnected"):
        log.info(f"socket {path} {action}", extra={"client": details["client"]})


def main() -> None:
    try:
        used = use_for_pages(settings.STATION_PATHS)
    except StartFailed as refusal:
        sys.exit(str(refusal))
    server = StreamingServer(
        application,
        endpoints=[f"fd:fileno={int(sys.argv[1])}"],
        action_logger=log_access,
        websocket_connect_timeout=5,
        websocket_max_message_size=LONGEST_FRAME,
        websocket_max_frame_size=LONGEST_FRAME,
        server_name="",
        verbosity=0,
    )
    server.run()
    used.close()
    if server.abort_start:
        sys.exit(1)


if __name__ == "__main__":
    main()
