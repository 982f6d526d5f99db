"""Two slots around the same instruments: their batches take turns, whatever the order in which each slot names them."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from tests.installations import wait_until
from tests.system.invariants import check_invariants
from tests.system.running_station import OTHER_SLOT, SLOT, RunningStation

pytestmark = pytest.mark.any_database


def share(station: RunningStation) -> None:
    """Both slots name the instruments of the first one, in opposite orders."""
    file = station.installation.station_file
    text = re.sub(r"supply-2, meter: meter-2, load: load-2, board: board-2", "SHARED", file.read_text(), count=1)
    text = text.replace("{supply: SHARED}", "{board: board-1, load: load-1, meter: meter-1, supply: supply-1}")
    file.write_text(re.sub(r"^(  \w+-1:\n)", r"\1    shared: true\n", text, flags=re.MULTILINE))


def test_batches_of_two_slots_take_turns_at_shared_instruments(own_station: RunningStation):
    share(own_station)
    station = own_station.start()
    batches = station.submit_many([SLOT, OTHER_SLOT] * 2, seconds=0.2)
    wait_until(lambda: all(verdict(station, batch) for batch in batches), 60, "the end of all")
    assert [verdict(station, batch) for batch in batches] == [("COMPLETED", "PASS")] * 4
    spans = sorted(span(station, batch) for batch in batches)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert station.bench.switching("supply-1") == ["on", "off"] * 4
    check_invariants(station)
    station.stop()


def verdict(station: RunningStation, batch: str) -> tuple[str, str] | None:
    found = station.verdict(batch)
    return found if found[0] not in ("QUEUED", "RUNNING") else None


def span(station: RunningStation, batch: str) -> tuple[float, float]:
    """When (epoch) its instruments were its own."""
    lines = station.spool(batch)
    return lines[0]["at"], lines[-1]["at"]
