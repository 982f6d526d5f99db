"""Between two runs the outputs are known to be off, or nothing starts."""

from __future__ import annotations

from stations.safety import client
from stations.safety.emergency import stop_slots
from tests.stations.safety.station_under_test import SLOT, StationUnderTest, kill, latch, wait_until
from tests.stations.safety.tiny_supply import TinySupply


def test_orderly_end_sends_no_second_off(station: StationUnderTest, supply: TinySupply):
    run = station.run(station.job(station.package("nothing")))
    assert station.ended(run)["safe"]
    proof = station.kinds(run, "safe_state")[0]
    assert (proof["by"], proof["instruments"]["supply"]["wrote"]) == ("guard", [])
    assert len(supply.times_of("OUTP OFF")) == 1


def test_slot_without_any_safe_state_is_safe_and_proves_nothing(make_station, supply: TinySupply):
    meter = supply.settings() | {"safe_state": []}
    station = make_station({SLOT: {"supply": meter}}).start()
    run = station.run(station.job(station.package("nothing")))
    assert station.ended(run)["safe"] is True
    assert (station.ready, station.kinds(run, "safe_state")) == ({SLOT: True}, [])


def test_output_left_on_by_a_sequence_is_switched_off(station: StationUnderTest, supply: TinySupply):
    run = station.run(station.job(station.package("nothing", teardown="pass")))
    assert station.ended(run)["safe"]
    assert station.kinds(run, "safe_state")[0]["instruments"]["supply"]["wrote"] == ["OUTP OFF"]
    assert not supply.on


def test_mute_instrument_leaves_the_slot_unsafe_until_it_is_cleared(station: StationUnderTest, supply: TinySupply):
    run = station.begin("sleep")
    station.ready_parked()
    supply.mute = True
    kill(station.status()["runner"])
    ended = station.ended(run)
    assert (ended["why"], ended["safe"]) == ("crashed", False)
    answer = client.run(station.paths, SLOT, station.job(station.package("nothing")))
    assert (answer["answer"], answer["why"]) == ("wait", "the safe state of the slot is not confirmed")
    supply.mute = False
    wait_until(lambda: station.status()["safe"])
    answer = client.run(station.paths, SLOT, station.job(station.package("nothing")))
    assert answer["why"] == "the safe state of the slot was not confirmed, and nobody has cleared that"
    assert station.clear()["unsafe"] is None
    assert station.ready_to_run()["safe"]


def test_emergency_stop_of_a_mute_instrument_is_not_confirmed(station: StationUnderTest, supply: TinySupply):
    station.begin("sleep")
    station.ready_parked()
    supply.mute = True
    answer = stop_slots(station.paths, [SLOT], latch())[SLOT]
    assert (answer["safe"], answer["proof"]["instruments"]["supply"]["confirmed"]) == (False, False)
    assert answer["proof"]["instruments"]["supply"]["error"]


def test_unsafe_slot_is_known_at_the_start(make_station, supply: TinySupply):
    supply.mute = True
    station = make_station({SLOT: {"supply": supply.settings()}}).start()
    assert station.ready == {SLOT: False}


def test_output_that_is_on_at_the_start_is_switched_off_first(make_station, supply: TinySupply):
    supply.on = True
    station = make_station({SLOT: {"supply": supply.settings()}}).start()
    assert (station.ready, supply.on) == ({SLOT: True}, False)


def test_parked_runner_that_hangs_is_killed_and_replaced(make_station, tmp_path, supply: TinySupply):
    station = make_station({SLOT: {"supply": supply.settings()}})
    stub = tmp_path / "stub.py"
    stub.write_text(HANGING_RUNNER)
    station.settings["runner"] = ["python3", str(stub)]
    assert station.start().ready == {SLOT: False}
    error = "the runner that should make it safe hung and was killed"
    assert station.status()["proof"]["instruments"]["supply"]["error"] == error
    starts = tmp_path / "data" / "starts"
    wait_until(lambda: len(starts.read_text()) >= 2)


def test_slot_is_made_safe_even_when_no_folder_can_be_made(make_station, supply: TinySupply):
    supply.on = True
    station = make_station({SLOT: {"supply": supply.settings()}})
    station.paths.slot(SLOT).socket.with_suffix(".work").touch()  # where the folders should be
    assert (station.start().ready, supply.on) == ({SLOT: True}, False)


HANGING_RUNNER = """
import pathlib, socket, sys, time
pathlib.Path(__file__).with_name("data").joinpath("starts").open("a").write("x")
guard = socket.socket(fileno=int(sys.argv[-1]))
guard.send(b"r")
time.sleep(60)
"""
