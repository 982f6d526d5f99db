"""A safe state that was not confirmed marks its slot until a person clears it, whatever happens meanwhile."""

from __future__ import annotations

import resource
import time

import pytest

from stations.contracts import SafeReason
from stations.paths import StationPaths
from stations.safety import client
from stations.safety.emergency import reset_slots, stop_slots
from stations.safety.on_demand import NOBODY, clear_slots, make_slots_safe
from stations.safety.unsafe_mark import UnsafeMark, read_unsafe, unsafe_marks
from tests.stations.safety.station_under_test import SLOT, StationUnderTest, kill, latch, wait_until
from tests.stations.safety.tiny_supply import TinySupply

pytestmark = pytest.mark.any_database


def test_stuck_output_marks_its_slot_until_a_clear_that_is_confirmed(station: StationUnderTest, supply: TinySupply):
    supply.on = supply.stuck = True
    begun = time.time()
    status = stop_slots(station.paths, [SLOT], latch())[SLOT]
    mark = read_unsafe(station.paths, SLOT)
    assert (status["safe"], status["unsafe"]) == (False, mark)
    assert mark["why"] == "emergency" and mark["since"] - begun < 1.5 and mark["confirmed_at"] is None
    assert "it answered OUTP? 1" in mark["problems"]["supply"]

    status = station.clear("first")
    assert (status["unsafe"]["refused"], status["unsafe"]["since"]) == ("first", mark["since"])

    kill(station.guard().pid)
    wait_until(lambda: (status := station.status()) and status["safe"] is False)
    assert read_unsafe(station.paths, SLOT)["since"] == mark["since"]

    supply.stuck = False
    status = wait_until(lambda: (status := station.status()) and status["safe"] and status)
    assert status["unsafe"]["since"] == mark["since"] and status["unsafe"]["confirmed_at"] >= mark["since"]
    assert reset_slots(station.paths, [SLOT])[SLOT]["unsafe"] == status["unsafe"]
    answer = client.run(station.paths, SLOT, station.job(station.package("nothing")))
    assert answer["why"] == "the safe state of the slot was not confirmed, and nobody has cleared that"

    heard = len(supply.times_of("OUTP OFF"))
    status = station.clear("second")
    assert (status["answer"], status["unsafe"], status["safe"]) == ("done", None, True)
    assert len(supply.times_of("OUTP OFF")) == heard + 1  # made safe afresh
    assert unsafe_marks(station.paths, [SLOT]) == {}
    assert station.ended(station.run(station.job(station.package("nothing"))))["why"] == "finished"

    told = [(line["why"], line["control"], line["confirmed"]) for line in station.story()]
    assert told[0] == ("start", "", True)
    assert [line for line in told if line[0] == "clear"] == [("clear", "first", False), ("clear", "second", True)]
    assert told.count(("start", "", True)) == 2  # the new guard's, once the output gave way


def test_slot_is_made_safe_on_demand_with_its_proof_but_not_during_a_run(station: StationUnderTest, supply: TinySupply):
    supply.on = True
    status = make_slots_safe(station.paths, [SLOT], "asked")[SLOT]
    assert (status["answer"], status["safe"], supply.on) == ("done", True, False)
    assert status["proof"]["instruments"]["supply"]["read"] == ["OUTP? 0"]
    assert [(line["why"], line["control"]) for line in station.story()[1:]] == [("demand", "asked")]
    run = station.begin("sleep")
    status = make_slots_safe(station.paths, [SLOT], "again")[SLOT]
    assert (status["answer"], status["why"], supply.on) == ("busy", f"the slot is busy with run {run}", True)


def test_emergency_stop_of_an_idle_slot_is_told_in_its_story(station: StationUnderTest):
    pressed = latch()
    stop_slots(station.paths, [SLOT], pressed)
    line = station.story()[-1]
    assert (line["k"], line["why"], line["control"], line["confirmed"]) == (
        "safe_state",
        "emergency",
        pressed["id"],
        True,
    )
    assert line["instruments"]["supply"]["wrote"] == ["OUTP OFF"]


def test_slot_whose_runner_cannot_be_started_is_marked_in_time(make_station, supply: TinySupply):
    station = make_station({SLOT: {"supply": supply.settings()}})
    station.settings["runner"] = ["/does/not/exist"]
    status = station.start().status()
    assert status["safe"] is False
    assert status["unsafe"]["problems"] == {"supply": "no runner could be started to make it safe"}


def test_mark_that_found_no_room_holds_and_is_written_when_there_is_some(station: StationUnderTest, supply: TinySupply):
    guard = station.guard().pid
    _, most = resource.prlimit(guard, resource.RLIMIT_FSIZE)
    resource.prlimit(guard, resource.RLIMIT_FSIZE, (0, most))
    supply.mute = True
    status = make_slots_safe(station.paths, [SLOT], "asked")[SLOT]
    assert status["unsafe"] is not None
    assert read_unsafe(station.paths, SLOT) is None
    resource.prlimit(guard, resource.RLIMIT_FSIZE, (most, most))
    assert wait_until(lambda: read_unsafe(station.paths, SLOT)) == status["unsafe"]
    wait_until(lambda: [line for line in station.story() if line["control"] == "asked"])


def test_nobody_answers_for_a_slot_without_a_guard(make_station):
    station = make_station({SLOT: {}})
    assert make_slots_safe(station.paths, [SLOT], "") == clear_slots(station.paths, [SLOT], "") == {SLOT: NOBODY}


def test_unreadable_mark_marks(tmp_path):
    paths = StationPaths(tmp_path)
    paths.slots.mkdir(parents=True)
    paths.slot(SLOT).unsafe.write_text("{torn")
    held = UnsafeMark(paths, SLOT)
    assert held.held["problems"] == {"": f"{paths.slot(SLOT).unsafe} cannot be read"}
    assert held.clear()
    assert read_unsafe(paths, SLOT) is None


def test_mark_keeps_the_first_sentence_of_each_instrument(tmp_path):
    paths = StationPaths(tmp_path)
    paths.slots.mkdir(parents=True)
    mark = UnsafeMark(paths, SLOT)
    mark.note(proof(supply="dead", load=None), SafeReason.RUN)
    mark.note(proof(supply="dead for 3 ms", load="mute"), SafeReason.RUN)
    assert mark.held["problems"] == {"supply": "dead", "load": "mute"}
    mark.note(proof(supply=None, load=None), SafeReason.RUN)
    assert mark.held["confirmed_at"] == read_unsafe(paths, SLOT)["confirmed_at"] is not None
    assert UnsafeMark(paths, SLOT).held["confirmed_at"] is None  # after a restart nobody knows


def proof(**errors: str | None) -> dict:
    instruments = {
        name: {"confirmed": error is None, "wrote": [], "read": [], "error": error, "took_ms": 1.0}
        for name, error in errors.items()
    }
    return {"confirmed": not any(errors.values()), "instruments": instruments}
