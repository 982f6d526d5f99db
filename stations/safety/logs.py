"""Log lines of the warden, and complaints of a guard: neither may end a process because nothing takes them."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress

from stations.log_lines import LineFormatter, LogFile


def start_logging() -> None:
    """To GWANJE_LOG_FILE, or standard error without it, from the level GWANJE_LOG_LEVEL (INFO) up."""
    file = os.environ.get("GWANJE_LOG_FILE")
    handler = LogFile(file, encoding="utf-8", delay=True) if file else logging.StreamHandler()
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=os.environ.get("GWANJE_LOG_LEVEL", "INFO").upper(), handlers=[handler])


def complain(text: str) -> None:
    """One line on standard error, which for a guard is its log."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)  # noqa: T201
