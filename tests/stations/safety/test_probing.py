"""A guard looks for the instruments of its idle slot, and nothing else ever waits for that."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from stations.contracts import InstrumentHealth
from stations.safety.emergency import stop_slots
from stations.safety.probing import Prober
from tests.stations.safety.station_under_test import SLOT, StationUnderTest, latch, wait_until
from tests.stations.safety.tiny_supply import TinySupply

pytestmark = pytest.mark.any_database


@pytest.fixture
def looking(make_station: Callable[..., StationUnderTest], supply: TinySupply) -> StationUnderTest:
    """A station whose guard looks fifty times a second."""
    station = make_station({SLOT: {"supply": supply.settings(timeout_s=8)}})
    station.settings["probe_every_s"] = 0.02
    return station.start()


def health(station: StationUnderTest) -> InstrumentHealth | None:
    status = station.status()
    return status["health"].get("supply") if status else None


def is_well(station: StationUnderTest) -> bool:
    found = health(station)
    return found is not None and found["error"] is None


def test_instrument_is_found_lost_and_found_again(looking: StationUnderTest, supply: TinySupply) -> None:
    wait_until(lambda: is_well(looking))
    found = health(looking)
    assert found is not None
    assert (found["present"], found["identity"]) == (True, "Gwanje,Tiny,1,1")
    supply.mute = True
    lost = wait_until(lambda: (one := health(looking)) and one["error"] and one)
    assert (lost["present"], "did not answer '*IDN?'" in lost["error"]) == (False, True)
    # The guard answers all the while, and its slot stays safe.
    asked = [time.monotonic(), (looking.status() or {})["safe"], time.monotonic()]
    assert asked[1] is True and asked[2] - asked[0] < 0.2
    supply.mute = False
    wait_until(lambda: is_well(looking))


def test_instrument_that_is_silent_while_it_is_made_safe_is_missed_at_once(
    looking: StationUnderTest, supply: TinySupply
) -> None:
    wait_until(lambda: is_well(looking))
    supply.mute = True
    answer = stop_slots(looking.paths, [SLOT], latch())[SLOT]
    assert not isinstance(answer, str) and answer["safe"] is False
    found = answer["health"]["supply"]
    assert (found["present"], "did not answer 'OUTP?'" in str(found["error"])) == (False, True)
    supply.mute = False
    wait_until(lambda: is_well(looking))


def test_slow_instrument_is_found_within_the_budget_of_its_safe_state() -> None:
    budgets = [Prober({}, 2.0, Path("locks"), safe_budget_s).budget_s for safe_budget_s in (0.5, 1.0, 4.0)]
    assert budgets == [0.9, 0.9, 3.9]


def test_one_lost_answer_is_not_told(looking: StationUnderTest, supply: TinySupply) -> None:
    wait_until(lambda: is_well(looking))
    supply.deaf_for = 1
    wait_until(lambda: supply.deaf_for == 0)
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        assert is_well(looking)
        time.sleep(0.05)


def test_run_is_left_alone_and_comes_before_the_next_look(looking: StationUnderTest, supply: TinySupply) -> None:
    wait_until(lambda: is_well(looking))
    run = looking.begin("run.sleep(0.3)")
    begun = time.time()
    looking.ended(run)
    asked = [at for at in supply.times_of("*IDN?") if begun <= at < begun + 0.2]
    assert asked == []
    wait_until(lambda: [at for at in supply.times_of("*IDN?") if at > time.time() - 0.5])


@pytest.mark.parametrize("one_client", [False, True])
def test_emergency_stop_outruns_a_look_that_gets_no_answer(
    make_station: Callable[..., StationUnderTest], one_client: bool
) -> None:
    supply = TinySupply(one_client=one_client)
    station = make_station({SLOT: {"supply": supply.settings(timeout_s=8)}})
    station.settings["probe_every_s"] = 0.02
    station.start()
    wait_until(lambda: is_well(station))
    supply.silent_to = ("*IDN?",)
    asked = len(supply.times_of("*IDN?"))
    wait_until(lambda: len(supply.times_of("*IDN?")) > asked)  # the runner waits for an answer that does not come
    moment = time.time()
    answer = stop_slots(station.paths, [SLOT], latch())[SLOT]
    assert not isinstance(answer, str) and answer["safe"] is True
    assert supply.off_after(moment) < 0.5
    supply.close()


def test_look_that_dies_or_hangs_is_told_and_costs_nothing_else(looking: StationUnderTest, supply: TinySupply) -> None:
    wait_until(lambda: is_well(looking))
    runner = parked_runner(looking)
    supply.silent_to = ("*IDN?",)

    def killed_twice() -> bool:
        for pid in children(runner):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not is_well(looking)

    wait_until(killed_twice)
    assert "was lost over one of the slot's instruments" in str((health(looking) or {})["error"])
    supply.silent_to = ()
    wait_until(lambda: is_well(looking))
    assert parked_runner(looking) == runner


def test_hundreds_of_looks_leave_nothing_open(looking: StationUnderTest, supply: TinySupply) -> None:
    wait_until(lambda: len(supply.times_of("*IDN?")) > 20)
    runner, guard = parked_runner(looking), looking.guard().pid
    files, memory = [open_files(pid) for pid in (runner, guard)], resident_kb(runner) + resident_kb(guard)
    wait_until(lambda: len(supply.times_of("*IDN?")) > 240, within_s=60)
    assert parked_runner(looking) == runner
    assert [open_files(pid) for pid in (runner, guard)] == files
    assert resident_kb(runner) + resident_kb(guard) < memory + 1024


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def parked_runner(station: StationUnderTest) -> int:
    """The only child of the guard."""
    (runner,) = children(station.guard().pid)
    return runner


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def resident_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])
