"""Log lines as JSON, one object per line, so that a collector reads them without rules of its own."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter


class LineFormatter(JsonFormatter):
    """`time`, `level`, `logger`, `message`, whatever the call gave as `extra` (`batch`, `slot`), and a traceback."""

    def __init__(self) -> None:
        fields = {"levelname": "level", "name": "logger", "exc_info": "traceback"}
        super().__init__("{levelname}{name}{message}", style="{", rename_fields=fields, json_ensure_ascii=False)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        super().add_fields(log_data, record, message_dict)


def logging_settings(level: str, file: str) -> dict[str, Any]:
    """Django's LOGGING: everything from `level` up goes to `file`, or to standard error when that is empty."""
    # Several processes write into one file, so it is only ever appended to; whoever rotates it may move it away.
    to_file = {"class": "logging.handlers.WatchedFileHandler", "filename": file, "encoding": "utf-8", "delay": True}
    target = to_file if file else {"class": "logging.StreamHandler"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": LineFormatter}},
        "handlers": {"lines": {**target, "formatter": "line"}},
        "root": {"handlers": ["lines"], "level": level},
        # The library logs every bell it carries, which says nothing to anybody.
        "loggers": {"django-q": {"level": max(logging.getLevelName(level), logging.WARNING)}},
    }
