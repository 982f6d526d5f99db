"""Latch files: an emergency stop that holds a slot until somebody resets it. The file is the truth."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeGuard
from uuid import UUID

from stations.contracts import Latch
from stations.paths import StationPaths
from stations.safety.durable import read_json, sync_folder, write_json


def read_latch(paths: StationPaths, slot: str) -> Latch | None:
    """The latch of a slot. A file that cannot be read latches too: nobody can tell that it does not."""
    path = paths.slot(slot).latch
    found = read_json(path)
    if _is_latch(found):
        return found
    try:  # only now: a latch that is lifted between a look and the reading would seem unreadable
        written_at = path.stat().st_mtime
    except FileNotFoundError:
        return None
    return Latch(id="", scope=slot, by="", face="", reason=f"{path} cannot be read", at=written_at)


def latch_slot(paths: StationPaths, slot: str, latch: Latch) -> Latch:
    """Latch a slot, safe against power loss, and return the latch that holds: the first one stays. Raises OSError."""
    held = read_latch(paths, slot)
    if held is None:
        write_json(paths.slot(slot).latch, latch)
    return held or latch


def release_slot(paths: StationPaths, slot: str, latch_id: str | None) -> bool:
    """Take a slot's latch away; with an id only that very latch. True when the slot is free of latches now."""
    held = read_latch(paths, slot)
    if held is None:
        return True
    if latch_id not in (None, held["id"]):
        return False
    paths.slot(slot).latch.unlink(missing_ok=True)
    sync_folder(paths.slots)
    return True


def latches(paths: StationPaths, slots: Iterable[str]) -> dict[str, Latch]:
    """The latches that hold now, by slot."""
    found = {slot: read_latch(paths, slot) for slot in slots}
    return {slot: latch for slot, latch in found.items() if latch is not None}


def _is_latch(content: Any) -> TypeGuard[Latch]:
    if not isinstance(content, dict) or not content.keys() >= Latch.__required_keys__:
        return False
    try:
        UUID(content["id"])
    except (ValueError, TypeError, AttributeError):
        return False
    return True
