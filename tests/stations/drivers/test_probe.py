"""Looking for instruments between two runs: in parallel, in time, and without changing anything in them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from stations.contracts import InstrumentHealth
from stations.drivers.probe import probe
from tests.stations.bench.running_bench import RunningBench

pytestmark = pytest.mark.any_database


def looked(bench: RunningBench, *, budget_s: float = 1.0, **options: Any) -> dict[str, InstrumentHealth]:
    return probe(bench.instruments.values(), budget_s, **options)


def test_instruments_say_who_they_are_and_are_told_nothing(bench: RunningBench) -> None:
    found = looked(bench)
    assert {name: (one["present"], one["error"]) for name, one in found.items()} == dict.fromkeys(
        ("supply-1", "meter-1", "load-1", "board-1"), (True, None)
    )
    assert "SIMULATED-SUPPLY" in found["supply-1"]["identity"] and found["board-1"]["identity"] == ""
    assert all(0 < one["took_ms"] < 1000 for one in found.values())
    said = {name: bench.commands(name) for name in found}
    assert said == {"supply-1": ["*IDN?"], "meter-1": ["*IDN?"], "load-1": ["*IDN?"], "board-1": []}


def test_thorough_look_asks_for_errors(bench: RunningBench) -> None:
    assert all(one["error"] is None for one in looked(bench, thorough=True).values())
    assert bench.commands("supply-1") == ["*IDN?", "*IDN?", "SYST:ERR?"]
    assert bench.commands("board-1") == []


def test_instrument_without_an_error_queue_is_never_asked_for_it(bench: RunningBench) -> None:
    settings = bench.instruments["supply"]
    plain = {**settings, "options": {**settings["options"], "check_errors": False}}
    assert probe([plain], 1.0, thorough=True)["supply-1"]["error"] is None  # type: ignore[list-item]
    assert bench.commands("supply-1") == ["*IDN?", "*IDN?"]


def test_what_is_wrong_is_said_of_each_and_holds_up_no_other(bench: RunningBench) -> None:
    bench.fault("supply-1", "wrong_identity", "on")
    bench.fault("meter-1", "unplug")
    bench.fault("load-1", "mute", "on")
    bench.fault("board-1", "unplug")
    begun = time.monotonic()
    found = looked(bench, budget_s=0.4)
    assert time.monotonic() - begun < 0.6
    assert {name: one["present"] for name, one in found.items()} == {
        "supply-1": True,
        "meter-1": False,
        "load-1": False,
        "board-1": False,
    }
    assert found["supply-1"]["identity"] and found["supply-1"]["identity"] in str(found["supply-1"]["error"])
    said = {name: str(one["error"]) for name, one in found.items()}
    assert "is not the expected one" in said["supply-1"] and "cannot be reached" in said["meter-1"]
    assert "did not answer '*IDN?'" in said["load-1"] and "raise `ladder.safe_budget_s`" in said["load-1"]
    assert "there is no such port" in said["board-1"]


def test_one_client_instrument_is_free_again(bench: RunningBench) -> None:
    bench.fault("supply-1", "one_client", "on")
    for _ in range(3):
        assert looked(bench)["supply-1"]["error"] is None


def test_driver_that_cannot_be_loaded_is_said_so(bench: RunningBench) -> None:
    settings = {**bench.instruments["supply"], "driver": "os.path.join"}
    found = probe([settings], 1.0)["supply-1"]  # type: ignore[list-item]
    assert (found["present"], "is not allowed here" in str(found["error"])) == (False, True)


def test_other_instruments_are_found_and_missed_in_their_own_languages(bench: RunningBench) -> None:
    silent = {**bench.others["fixture"], "name": "unasked", "options": {}}
    foreign = {**silent, "name": "foreign", "driver": "tests.stations.drivers.foreign_classes.Supply", "safe_state": []}
    all_of_them = [*bench.others.values(), silent, {**foreign, "commands": {}}]
    found = probe(all_of_them, 2.0, allowed=["tests.*"])
    assert {name: (one["present"], one["identity"].rpartition(",SIM")[2][:18]) for name, one in found.items()} == {
        "switch-1": (True, "ULATED-SWITCH,swit"),
        "chamber-1": (True, "ULATED-CHAMBER,1.0"),
        "fixture-1": (True, "SIMULATED-FIXTURE"),
        "unasked": (True, ""),
        "foreign": (True, ""),
    }
    assert bench.commands("chamber-1") == ["identify"] and bench.commands("fixture-1") == ["GET /info"]
    for name in ("switch-1", "chamber-1", "fixture-1"):
        bench.fault(name, "unplug")
    missed = probe(all_of_them, 2.0, allowed=["tests.*"])
    assert {name: one["present"] for name, one in missed.items()} == dict.fromkeys(found, False)
    assert all("cannot be reached" in str(one["error"]) for one in missed.values())
