"""Event data that is too large for a row goes to a file, named by its place in the journal."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

from django.conf import settings

from control.models import Event, Stream

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
    return _folder() / str(stream_id) / f"{seq}.json"


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "events"


def remove(stream_id: int | None, below: int | None = None) -> None:
    """Delete the files of a stream whose rows are gone: all, or those below a number."""
    folder = _folder() / str(stream_id)
    if below is None:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for file in folder.glob("*.json"):
        if file.stem.isdecimal() and int(file.stem) < below:
            file.unlink(missing_ok=True)


def remove_unknown(older_than_s: float) -> None:
    """Delete old files of streams that are gone: a run on another host, or one that was killed, has left them."""
    folders = {int(path.name): path for path in _folder().glob("*") if path.name.isdecimal()}
    known = set(Stream.objects.filter(pk__in=folders).values_list("pk", flat=True))
    for pk, path in folders.items():
        if pk not in known and time.time() - path.stat().st_mtime > older_than_s:
            shutil.rmtree(path, ignore_errors=True)
