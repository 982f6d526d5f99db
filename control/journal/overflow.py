"""Event data that is too large for a row goes to a file, named by its place in the journal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings

from control.models import Event

LIMIT = 8 * 1024  # bytes of JSON in one row
FILE = "file"  # the key that tells where the rest is


def within_limit(data: dict[str, Any], stream_id: int, seq: int) -> dict[str, Any]:
    """Return the data itself, or its small values and the name of the file that holds the whole.

    Written before the row is committed: a file without a row is overwritten by the next event with this number.
    """
    if _surely_small(data):
        return data
    text = json.dumps(data)
    if len(text) <= LIMIT:
        return data
    path = _path(stream_id, seq)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    small = {name: value if _surely_small(value) else None for name, value in data.items()}
    return {**small, FILE: f"{stream_id}/{seq}.json"}


def _surely_small(value: Any) -> bool:
    """Tell without encoding: nearly every event is a handful of numbers and short words."""
    if isinstance(value, str):
        return len(value) < 200
    if isinstance(value, dict):
        return len(value) < 20 and all(map(_surely_small, value.values()))
    return value is None or isinstance(value, (int, float))


def full_data(event: Event) -> dict[str, Any]:
    """Return the whole data of an event. On another host than the one that wrote it: its small values."""
    if FILE not in event.data:
        return event.data
    try:
        found: dict[str, Any] = json.loads(_path(event.stream_id, event.seq).read_text())
    except FileNotFoundError:
        return event.data
    return found


def _path(stream_id: int, seq: int) -> Path:
    return Path(settings.DATA_DIR) / "events" / str(stream_id) / f"{seq}.json"
