"""Django's logging: the same JSON lines as every other process writes."""

from __future__ import annotations

import logging
from typing import Any

from stations.log_lines import LineFormatter, LogFile


def logging_settings(level: str, file: str) -> dict[str, Any]:
    """Django's LOGGING: everything from `level` up goes to `file`, or to standard error when that is empty."""
    # Several processes write into one file, so it is only ever appended to; whoever rotates it may move it away.
    to_file = {"()": LogFile, "filename": file, "encoding": "utf-8", "delay": True}
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
