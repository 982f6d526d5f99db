"""What the host of a test has, as far as files tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings


@contextmanager
def this_host_has(*slots: str) -> Iterator[None]:
    """A station was started here once: its slots are known, and no guard runs."""
    config = settings.STATION_PATHS.warden_config
    files = [settings.STATION_PATHS.slot(slot).latch for slot in slots]
    for file in (config, *files):
        file.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(json.dumps({"slots": [{"slot": slot} for slot in slots]}))
    try:
        yield
    finally:
        for file in (config, *files):
            file.unlink(missing_ok=True)
