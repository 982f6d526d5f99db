"""Log lines of the warden: one JSON object each, on standard error."""

from __future__ import annotations

import logging
import os

from pythonjsonlogger.json import JsonFormatter


def start_logging() -> None:
    """The level is GWANJE_LOG_LEVEL, INFO without it."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter("{asctime}{levelname}{name}{message}", style="{", timestamp=True))
    logging.basicConfig(level=os.environ.get("GWANJE_LOG_LEVEL", "INFO").upper(), handlers=[handler])
