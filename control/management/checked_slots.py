"""Slots with `auto_start: true`: a start waits until their instruments have been opened and checked, and tells it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from stations.contracts import InstrumentHealth, SlotSettings
from stations.paths import StationPaths
from stations.safety import client
from stations.station_file import Station

# The first look follows the safe state at once; what does not answer is asked once more before it counts.
CHECKED_WITHIN_S = 6.0
LOOK_EVERY_S = 0.05


def checked_slots(
    described: Station, slots: Iterable[SlotSettings], paths: StationPaths, pause: Callable[[float], object]
) -> Iterator[str]:
    """One sentence per slot that the station file wants to be checked at the start. Starts nothing."""
    wanted = {f"{described.id}/{slot.id}" for slot in described.slots if slot.auto_start}
    until = time.monotonic() + CHECKED_WITHIN_S
    for slot in slots:
        if slot["slot"] in wanted:
            asked = {one["name"] for one in slot["instruments"].values()}
            yield _sentence(slot["slot"], asked, _health(slot["slot"], asked, until, paths, pause))


def _health(
    slot: str, asked: set[str], until: float, paths: StationPaths, pause: Callable[[float], object]
) -> dict[str, InstrumentHealth]:
    """What the guard knows once it has looked for every instrument, or when the time is up."""
    while True:
        status = client.status(paths, slot)
        health = status["health"] if status is not None else {}
        if asked <= health.keys() or time.monotonic() > until:
            return health
        pause(LOOK_EVERY_S)


def _sentence(slot: str, asked: set[str], health: dict[str, InstrumentHealth]) -> str:
    problems = [one["error"] for one in health.values() if one["error"] is not None]
    problems += [f"Nobody has heard from {name} yet." for name in sorted(asked - health.keys())]
    if problems:
        return f"{slot} is not ready: {' '.join(problems)}"
    return f"{slot} is ready: {len(asked)} instrument{'s' if len(asked) != 1 else ''}"
