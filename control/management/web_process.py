"""The web process, seen from its parent: how it is started, whether it answers, and that it dies with its parent."""

from __future__ import annotations

import http.client
import os
import socket
import sys
import time
from pathlib import Path

from django.conf import settings

from control.management.listening import Address
from stations.safety.children import Child, limit_log

HEALTH = "/api/health/"
LIMIT_LOG_S = 60.0


def web_command(listener: socket.socket) -> list[str]:
    """The command line of a web process that inherits this socket."""
    # -P: whatever lies in the working directory is not imported.
    return [sys.executable, "-P", "-m", "control.web_server", str(listener.fileno())]


def web_environment() -> dict[str, str]:
    """What it needs on top of its parent's environment."""
    known = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(settings.BASE_DIR), known]))}


class WebProcess(Child):
    """Kept alive by `manage.py start`, and killed by the kernel together with it."""

    def __init__(self, listener: socket.socket, address: Address, logs: Path) -> None:
        super().__init__("web", web_command(listener), web_environment(), logs, inherited=[listener.fileno()])
        self.listener, self.address = listener, address
        self._limit_log_at = 0.0

    def keep_alive(self) -> str | None:
        """Start it again when it has ended and waited long enough; return what to tell the person who watches."""
        now = time.monotonic()
        if now >= self._limit_log_at:
            self._limit_log_at = now + LIMIT_LOG_S
            limit_log(self.log)
        said = None
        if self.process is not None and self.process.poll() is not None:
            code = self.bury()
            said = f"the web process had died ({_how(code)}), a new one starts; batches go on; see {self.log}"
        if self.process is None and now >= self.start_at:
            try:
                self.start()
            except OSError as error:
                self.start_at = now + 5.0
                said = f"the web process cannot be started: {error}"
        return said

    def answers(self, timeout_s: float = 1.0) -> bool:
        """Whether it serves requests. That nobody can log in, or that the database is away, is an answer, too."""
        connection = http.client.HTTPConnection(self.address.from_here, self.address.port, timeout=timeout_s)
        try:
            connection.request("GET", HEALTH, headers={"Host": "localhost"})
            return connection.getresponse().status != http.client.INTERNAL_SERVER_ERROR
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _how(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
