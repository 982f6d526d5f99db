"""Log lines of the warden, and complaints of a guard: neither may end a process because nothing takes them."""

from __future__ import annotations

import logging
import logging.handlers
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter


class LineFormatter(JsonFormatter):
    """One JSON object per line: `time`, `level`, `logger`, `message`, what the call gave as `extra`, a traceback."""

    def __init__(self) -> None:
        fields = {"levelname": "level", "name": "logger", "exc_info": "traceback"}
        super().__init__("{levelname}{name}{message}", style="{", rename_fields=fields, json_ensure_ascii=False)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        super().add_fields(log_data, record, message_dict)


class LogFile(logging.handlers.WatchedFileHandler):
    """Appends to a file that may be moved away at any time. One that cannot be opened costs the line."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)


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
