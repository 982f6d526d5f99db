"""How a log line is written, the same for every process: one JSON object, and never a reason to end anything."""

from __future__ import annotations

import logging
import logging.handlers
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
