"""A bench of one's own: free addresses, simulated slots alone, and nothing left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stations.bench.own_bench import DEMO, BenchFailed, OwnBench
from stations.drivers.loading import load_driver
from stations.station_file import read_station_file
from tests.installations import HOUSE

MIXED = """
station: {id: mixed}
slots:
  - {id: real, instruments: {supply: real-supply}}
  - {id: played, instruments: {supply: played-supply}}
instruments:
  real-supply: {driver: stations.drivers.scpi.ScpiInstrument, resource: "TCPIP::127.0.0.1::9::SOCKET"}
  played-supply:
    driver: stations.drivers.scpi.ScpiInstrument
    resource: TCPIP::localhost::9000::SOCKET
    commands: {output: {write: "OUTP {value}", query: "OUTP?", type: boolean}}
    safe_state: [{write: "OUTP OFF", check: "OUTP?", expect: 0}]
    simulation: {model: power_supply, board: board-1}
"""


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    file = tmp_path / "station.yaml"
    file.write_text(MIXED)
    return file


def test_demo_bench_is_that_of_the_station_file():
    """But for the addresses, which are never used."""
    ours, theirs = read_station_file(DEMO), read_station_file(HOUSE / "station.yaml")
    assert ours.slots[0].instruments == theirs.slots[0].instruments
    for name, instrument in ours.instruments.items():
        assert {**vars(instrument), "resource": ""} == {**vars(theirs.instruments[name]), "resource": ""}


def test_two_benches_do_not_meet():
    with OwnBench() as one, OwnBench() as other:
        for bench, on in ((one, True), (other, False)):
            driver = load_driver(bench.slot()["supply"])
            driver.open()
            driver.set("output", on)
            driver.close()
        assert (one.state("supply")["output"], other.state("supply")["output"]) == (True, False)
        assert not {each["resource"] for each in one.slot().values()} & {
            each["resource"] for each in other.slot().values()
        }
        serial = one.slot("demo/slot-1")["board"]["resource"]
        assert Path(serial).is_relative_to(one.folder)
    assert (one.folder.exists(), one.process.poll() is not None) == (False, True)


def test_address_stays_when_it_is_unplugged_for_a_while():
    with OwnBench() as bench:
        bench.fault("meter", "unplug")
        bench.fault("meter", "replug")
        driver = load_driver(bench.slot()["meter"])
        driver.open()
        driver.close()


def test_reset_ends_faults_and_switches_off():
    with OwnBench() as bench:
        driver = load_driver(bench.slot()["supply"])
        driver.open()
        driver.set("output", True)
        driver.close()
        bench.fault("supply-1", "slow", 0.01)
        bench.reset()
        assert (bench.state("supply")["output"], bench.state("supply")["faults"]) == (False, {})
        assert bench.commands("supply") == []


def test_slot_with_a_real_instrument_is_never_given(mixed: Path):
    with OwnBench(mixed) as bench:
        assert [each["name"] for each in bench.slot().values()] == ["played-supply"]
        with pytest.raises(BenchFailed, match="Slot real has instruments that are not simulated: real-supply"):
            bench.slot("real")
        with pytest.raises(BenchFailed, match=r"There is no slot 'none' in .*Known: real, played"):
            bench.slot("none")
        with pytest.raises(
            BenchFailed, match=r"There is no simulated instrument 'real-supply'. Known: supply, played-"
        ):
            bench.state("real-supply")
        with pytest.raises(BenchFailed, match="there is no fault 'burn'"):
            bench.fault("supply", "burn")


def test_change_of_a_slot_is_ones_own():
    with OwnBench() as bench:
        bench.slot()["board"]["options"]["timeout_s"] = 0.1
        assert "timeout_s" not in bench.slot()["board"]["options"]


def test_private_bench_takes_no_folder_that_is_there(tmp_path: Path):
    (tmp_path / "kept").touch()
    command = [sys.executable, "-m", "stations.bench", "--private", "--station-file", str(DEMO)]
    done = subprocess.run([*command, "--data-dir", str(tmp_path)], cwd=HOUSE, capture_output=True, text=True)
    assert (done.returncode, "File exists" in done.stderr, (tmp_path / "kept").exists()) == (1, True, True)


def test_bench_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch):
    bench = OwnBench()
    bench.folder = Path("/proc/none/bench")
    with pytest.raises(BenchFailed, match=r"did not start: .*No such file or directory"):
        bench.__enter__()
    assert bench.process.poll() is not None
