"""One batch on its way: submitted here, its spool and its arrival in the database watched from outside."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from benchmarks.station import wait_until_idle
from control.journal.kinds import stream_of
from control.lifecycle.actor import Actor
from control.lifecycle.submit import Order, submit
from control.models import Batch, ControlEvent
from tests.installations import Installation

PATIENCE_S = 60.0
BENCHMARK = Actor("benchmark", ControlEvent.Face.COMMAND)


@dataclass(frozen=True)
class Submitted:
    batch: str
    called_at: float  # seconds since the epoch, as all times here
    committed_at: float


@dataclass(frozen=True)
class Witnessed:
    """A batch from its submission to its last row. `arrivals`: when how many bytes of the spool were imported."""

    submitted: Submitted
    lines: list[dict[str, Any]]
    ends: list[int]  # of each line, in bytes from the beginning of the spool
    arrivals: list[tuple[float, int]]

    def line(self, kind: str, *, last: bool = False) -> int:
        """The number of the first or last line of a kind."""
        found = [number for number, line in enumerate(self.lines) if line["k"] == kind]
        return found[-1 if last else 0]

    def written_at(self, number: int) -> float:
        at: float = self.lines[number]["at"]
        return at

    def stored_at(self, number: int) -> float:
        """When the row of this line was first seen in the database."""
        return next(at for at, imported in self.arrivals if imported >= self.ends[number])


def submit_batch(sequence: str, *, slot: str | None = None, **parameters: Any) -> Submitted:
    """Submit as every face does, and note when the commit had happened: before the bell that follows it."""
    committed: list[float] = []
    called_at = time.time()
    with transaction.atomic():
        transaction.on_commit(lambda: committed.append(time.time()))
        order = Order(sequence=sequence, slot=slot, parameters=parameters)
        batch = submit(order, by=BENCHMARK, trigger=Batch.Trigger.MANUAL)
    return Submitted(str(batch.pk), called_at, committed[0])


def run_to_the_end(
    station: Installation, sequence: str, *, slot: str | None = None, look_every_s: float, **parameters: Any
) -> Witnessed:
    """Run a batch on the idle station and watch it until its last line is in the database."""
    wait_until_idle(station)
    submitted = submit_batch(sequence, slot=slot, **parameters)
    arrivals = list(_arrivals(station, submitted.batch, look_every_s))
    raw = station.paths.spool(submitted.batch).read_bytes().splitlines(keepends=True)
    ends = [len(raw[0])]
    for line in raw[1:]:
        ends.append(ends[-1] + len(line))
    return Witnessed(submitted, [json.loads(line) for line in raw], ends, arrivals)


def _arrivals(station: Installation, batch: str, look_every_s: float) -> Iterator[tuple[float, int]]:
    """Ask the database itself, by its plain driver, until the batch's end has arrived."""
    spool = station.paths.spool(batch)
    question = f"SELECT spool_offset FROM control_stream WHERE name = '{stream_of(batch)}'"
    seen, give_up_at = 0, time.monotonic() + PATIENCE_S
    with station.connection() as connection:
        while not (seen and seen == spool.stat().st_size and _has_ended(spool.read_bytes()[-4096:])):
            if time.monotonic() > give_up_at:
                raise RuntimeError(f"Batch {batch} has not ended within {PATIENCE_S:g} s; {seen} bytes of it arrived.")
            ((imported,),) = connection.execute(question).fetchall()
            if imported > seen:
                seen = imported
                yield time.time(), imported
            time.sleep(look_every_s)


def _has_ended(tail: bytes) -> bool:
    return b'"batch.ended"' in tail.splitlines()[-1]
