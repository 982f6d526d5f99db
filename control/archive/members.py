"""Which files of an installation belong into an archive, besides the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from control.archive.contents import ATTACHMENTS, EVENTS, LATCHES, PACKAGES, SPOOLS, STATION, STORE

NEVER = "__pycache__"


class Member(NamedTuple):
    name: str
    path: Path


def members(live: Iterable[str]) -> Iterator[Member]:
    """Station file, packages, contents that batches were submitted with, large data of events, attached files, latches,
    unsafe marks, and the spools of live batches.

    Asked for after the database was copied: what its rows speak of was written before them.
    """
    station_file, paths = Path(settings.STATION_FILE), settings.STATION_PATHS
    if station_file.is_file():
        yield Member(STATION, station_file)
    for place, folder in enumerate(settings.SEQUENCE_DIRS):
        yield from _below(folder, f"{PACKAGES}/{place}")
    for content in sorted(paths.packages.glob("[!.]*")):  # no draft
        yield from _below(content, f"{STORE}/{content.name}")
    yield from _below(paths.data / "events", EVENTS)
    for member in _below(paths.attachments, ATTACHMENTS):
        if not member.path.name.startswith("."):  # the draft of one that no row speaks of yet
            yield member
    for latch in sorted([*paths.slots.glob("*.latch.json"), *paths.slots.glob("*.unsafe.json")]):
        yield Member(f"{LATCHES}/{latch.name}", latch)
    for batch in live:
        for spool in sorted(paths.spools.glob(f"{UUID(batch)}*.jsonl")):  # one for each time that it was begun
            yield Member(f"{SPOOLS}/{spool.name}", spool)


def _below(folder: Path, name: str) -> Iterator[Member]:
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if path.is_file() and NEVER not in inner.parts:
            yield Member(f"{name}/{inner.as_posix()}", path)
