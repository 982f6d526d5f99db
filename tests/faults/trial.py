"""One cell, tried once: begin, strike, watch what becomes of it, and see that every promise was kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError

from tests.faults.endings import Struck
from tests.faults.fault_station import FaultStation, Posted
from tests.faults.matrix import EITHER, GUARD, RUNNER, TEARDOWN, Cell
from tests.installations import wait_until
from tests.system.witnesses import OFF, ON

TIMES_OUT_S = 40.0
RUNNER_OR_GUARD = (RUNNER, GUARD)
# What only setup and steps send; all the rest belongs to teardown and safe state, which may still be at work.
OF_A_STEP = (*ON, "MEAS", "VOLT 5")


@dataclass
class Seen:
    """What became of a cell. Seconds; None: not measured."""

    batch: str = ""
    state: str = ""
    outcome: str = ""
    steps: dict[str, str] = field(default_factory=dict)
    off_by: str = ""
    off_s: float | None = None  # from the ending to OFF at the supply
    row_s: float | None = None  # from there, or from the run's last line if it went on, to the row that says it ended
    back_s: float | None = None  # from the ending until the part was replaced
    problems: list[str] = field(default_factory=list)


def try_cell(station: FaultStation, cell: Cell) -> Seen:
    """The station is calm before; afterwards it may still have to settle."""
    ending, activity = cell.ending, cell.activity
    batch = activity.begin(station, ending.lasts_s, hurried=ending.hurried, look=ending.look)
    before = station.newcomer(ending.who, batch) if ending.who else None
    clock = Clock()
    with ending.strike(station, batch) as struck:
        if ending.who:
            clock.add("back", lambda: station.newcomer(ending.who, batch) not in (None, before))
        if activity.paused and ending.goes_on:
            clock.wait()
            wait_until(lambda: took(station, batch, "resume"), 20, "somebody who takes a resume")
        if activity.asks and ending.goes_on:
            clock.wait()
            wait_until(lambda: took(station, batch, "answer", prompt="p1", value=True), 20, "somebody who is answered")
    clock.add("row", lambda: station.ended(batch))
    clock.wait()
    seen = Seen(batch.id, *station.verdict(batch.id), steps=batch.outcomes(), off_by=off_by(batch))
    off = struck.at + station.bench.off_after(struck.at)
    seen.off_s = off - struck.at
    seen.row_s = clock.at["row"] - (batch.lines()[-1]["at"] if ending.goes_on else struck.at)
    seen.back_s = clock.at["back"] - struck.at if "back" in clock.at else None
    late = [] if struck.unsafe else [*late_outputs(station, cell, struck)]
    seen.problems = [*differences(cell, seen, struck), *late, *noises(station, off, unsafe=struck.unsafe)]
    return seen


class Clock:
    """When (epoch) each of some conditions was first seen to hold."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self._waiting: dict[str, Callable[[], Any]] = {}

    def add(self, name: str, holds: Callable[[], Any]) -> None:
        self._waiting[name] = holds

    def wait(self) -> None:
        """Until all of them have held."""
        wait_until(self._look, TIMES_OUT_S, ", ".join(self._waiting))

    def _look(self) -> bool:
        for name, holds in list(self._waiting.items()):
            if holds():
                self.at[name] = time.time()
                del self._waiting[name]
        return not self._waiting


def took(station: FaultStation, batch: Posted, verb: str, **body: object) -> bool:
    """A server whose database has just come back may still refuse."""
    try:
        station.steer(batch, verb, **body)
    except HTTPError as error:
        with error:
            if error.code < 500:
                raise
        return False
    return True


def off_by(batch: Posted) -> str:
    """Who switched the supply off, by the word of those who make safe: else it was the teardown."""
    for line in batch.lines():
        if line["k"] == "safe_state":
            proof = line["instruments"]["supply-1"]
            if not proof["confirmed"] or set(proof["wrote"]) & OFF:
                return str(line["by"])
    return TEARDOWN


def differences(cell: Cell, seen: Seen, struck: Struck) -> Iterator[str]:
    """Where it is not as it has to be."""
    expected = cell.expected
    if (seen.state, seen.outcome) != (expected.state, expected.outcome):
        yield f"ended {seen.state}/{seen.outcome}"
    wanted = expected.outcomes(cell.activity, cell.ending)
    yield from (f"step {name} {seen.steps.get(name)}" for name in wanted if seen.steps.get(name) != wanted[name])
    yield from (f"step {name} was never planned" for name in seen.steps if name not in wanted)
    if seen.off_by not in (expected.off_by, *(RUNNER_OR_GUARD if expected.off_by == EITHER else ())):
        yield f"switched off by the {seen.off_by}"
    if expected.off_s is not None and seen.off_s is not None and seen.off_s > expected.off_s:
        yield f"OFF only after {seen.off_s:.3f} s"
    if expected.row_s is not None and seen.row_s is not None and seen.row_s > expected.row_s:
        yield f"in the database only after {seen.row_s:.3f} s"
    if struck.unsafe is not expected.unsafe:
        yield f"the slot was {'un' * struck.unsafe}safe"


def late_outputs(station: FaultStation, cell: Cell, struck: Struck) -> Iterator[str]:
    """The relay at the end of a serial line has the same promise as the supply."""
    relay_s = station.bench.off_after(struck.at, "board-1")
    if cell.expected.off_s is not None and relay_s > cell.expected.off_s:
        yield f"the relay was off only after {relay_s:.3f} s"


def noises(station: FaultStation, off: float, *, unsafe: bool) -> Iterator[str]:
    """What reached the instruments and should not have. An unsafe slot is made safe as a whole, again and again."""
    for name in ("supply-1", "board-1"):
        switching = station.bench.switching(name)
        if (switching[:2] if unsafe and name == "board-1" else switching) != ["on", "off"]:
            yield f"{name} was switched {', '.join(switching)}"
    for name in station.bench.instruments:
        late = [text for at, text in station.bench.commands(name) if at > off and text.startswith(OF_A_STEP)]
        yield from (f"{name} got {text} after OFF" for text in late)
    if (answer := station.bench.read_back()) != "0":
        yield f"the supply answers {answer}"
