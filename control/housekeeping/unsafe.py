"""Unsafe marks and the stories of slots: from the files of this host's guards into the database."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from control.journal.append import Entry, alert, append
from control.journal.kinds import SAFETY, Kind
from control.lifecycle.doorbell import ring_safety
from control.lifecycle.safety.clearing import conclude_clearing, wanted_clearing
from stations.contracts import Unsafe
from stations.models import Slot
from stations.safety.on_demand import clear_slots
from stations.safety.unsafe_mark import read_unsafe

# The files are looked at far more often than the database is asked.
LOOK_AGAIN_S = 5.0
PAGE = 256 * 1024  # bytes of a slot's story at a time


class SafetyWatch:
    """Sees when a guard has marked or cleared its slot, or told something of it."""

    def __init__(self, station: str) -> None:
        self._station = station
        self._seen: object = None
        self._look_at = 0.0

    def turn(self) -> None:
        found = _files_of(settings.STATION_PATHS.slots)
        if found == self._seen and time.monotonic() < self._look_at:
            return
        mirror_unsafe(self._station)
        import_stories(self._station)
        self._seen, self._look_at = found, time.monotonic() + LOOK_AGAIN_S


def _files_of(folder: Path) -> list[tuple[str, int, int]]:
    """What changes with every mark and every line: names, times and sizes."""
    found = []
    for kind in ("*.unsafe.json", "*.story.jsonl"):
        for path in folder.glob(kind):
            try:
                known = path.stat()
            except FileNotFoundError:
                continue  # cleared in this very moment
            found.append((path.name, known.st_mtime_ns, known.st_size))
    return sorted(found)


def mirror_unsafe(station: str) -> None:
    """Copy each mark into its slot's row, alert of those that are new, and carry out what was asked for elsewhere."""
    for slot in Slot.objects.filter(station=station):
        mark = read_unsafe(settings.STATION_PATHS, slot.pk)
        if mark != slot.unsafe:
            _tell(slot, mark)
            ring_safety()
        if mark is not None and (control := wanted_clearing(slot, mark)) is not None:
            answers = clear_slots(settings.STATION_PATHS, [slot.pk], str(control.pk))
            conclude_clearing(control, answers)


def _tell(slot: Slot, mark: Unsafe | None) -> None:
    known: Unsafe | None = slot.unsafe
    entries = []
    if mark is not None and (known is None or known["since"] != mark["since"]):
        problems = "; ".join(f"{name}: {problem}" if name else problem for name, problem in mark["problems"].items())
        entries.append(Entry(Kind.SAFE_STATE, f"{slot.pk}: SAFE STATE NOT CONFIRMED: {problems}", "ERROR"))
    if mark is not None and mark["confirmed_at"] is not None and (known is None or known["confirmed_at"] is None):
        names = ", ".join(mark["problems"])
        message = f"{slot.pk}: confirmed OFF by now: {names}. An engineer has to clear it, with a reason."
        entries.append(Entry(Kind.SAFE_STATE, message, "WARNING"))
    with transaction.atomic():
        if Slot.objects.filter(pk=slot.pk).update(unsafe=mark):
            alert([_about(entry, slot) for entry in entries])


def _about(entry: Entry, slot: Slot) -> Entry:
    entry.data = {"slot": slot.pk, **entry.data}
    return entry


def import_stories(station: str) -> None:
    """Append what the guards told of their slots to the stream `safety`: each line once, whoever dies meanwhile."""
    for slot in Slot.objects.filter(station=station):
        path = settings.STATION_PATHS.slot(slot.pk).story
        while _import_page(slot, path):
            pass


def _import_page(slot: Slot, path: Path) -> bool:
    """Tell whether there may be more."""
    try:
        size = path.stat().st_size
        begin = slot.story_offset if slot.story_offset <= size else 0  # another file than the one that was read
        with path.open("rb") as file:
            file.seek(begin)
            text = file.read(PAGE)
    except FileNotFoundError:
        return False
    whole = text[: text.rfind(b"\n") + 1]
    if not whole:
        return False
    with transaction.atomic():
        mine = Slot.objects.filter(pk=slot.pk, story_offset=slot.story_offset)
        if not mine.update(story_offset=begin + len(whole)):
            return False  # somebody else has just read it
        append(SAFETY, list(_entries(slot, whole)))
    slot.story_offset = begin + len(whole)
    return True


def _entries(slot: Slot, text: bytes) -> Iterator[Entry]:
    for raw in text.splitlines():
        try:
            line: dict[str, Any] = json.loads(raw)
            at = datetime.fromtimestamp(line.pop("at"), UTC)
            confirmed, instruments = line["confirmed"], line["instruments"]
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # torn by a death; the next line is whole
        kind, level = line.pop("k"), "INFO" if confirmed else "ERROR"
        if confirmed:
            message = f"{slot.pk}: safe state confirmed: {', '.join(instruments)}"
        else:
            problems = [f"{name}: {each['error']}" for name, each in instruments.items() if not each["confirmed"]]
            message = f"{slot.pk}: SAFE STATE NOT CONFIRMED: {'; '.join(problems)}"
        yield Entry(kind, message, level, at=at, data={"slot": slot.pk, **line})
