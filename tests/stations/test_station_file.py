"""The station file: what is read from it, and what is said about a wrong one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from stations.run_limits import Ladder
from stations.station_file import Slot, StationFileError, read_station_file, slot_settings

GOOD = """\
station:
  id: demo
  time_zone: Asia/Seoul
slots:
  - id: slot-1
    instruments: {supply: supply-1}
instruments:
  supply-1:
    driver: stations.drivers.scpi.ScpiInstrument
    resource: TCPIP::127.0.0.1::15101::SOCKET
    options: {timeout_s: 0.5, check_errors: false, identity: "0042"}
    commands:
      voltage: {write: "VOLT {value}", query: "VOLT?", unit: V, minimum: 0, maximum: 15}
    safe_state:
      - {write: OUTP OFF, check: "OUTP?", expect: OFF}
    calibration_due: 2026-12-31
    simulation: {model: power_supply, board: board-1}
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "station.yaml"
    file.write_text(text)
    return file


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(StationFileError) as refusal:
        read_station_file(write(folder, text))
    return str(refusal.value).splitlines()


def test_good_file_is_read(tmp_path: Path) -> None:
    station = read_station_file(write(tmp_path, GOOD))
    assert (station.id, station.name, station.time_zone) == ("demo", "demo", "Asia/Seoul")
    assert station.slots == [Slot(id="slot-1", instruments={"supply": "supply-1"})]
    assert station.instruments["supply-1"].calibration_due == date(2026, 12, 31)
    assert (station.server.port, station.server.workers) == (8000, None)


def test_values_keep_the_type_that_is_meant(tmp_path: Path) -> None:
    supply = read_station_file(write(tmp_path, GOOD)).instruments["supply-1"]
    assert supply.options == {"timeout_s": 0.5, "check_errors": False, "identity": "0042"}
    assert supply.commands["voltage"]["maximum"] == 15.0
    assert supply.safe_state == [{"write": "OUTP OFF", "check": "OUTP?", "expect": "OFF"}]


def test_station_says_how_long_and_how_much(tmp_path: Path) -> None:
    own = "time_zone: Asia/Seoul\n  ladder: {stop_grace_s: 10.5}\n  resources: {memory_mb: 512, files: 64}"
    station = read_station_file(write(tmp_path, GOOD.replace("time_zone: Asia/Seoul", own)))
    assert station.ladder == Ladder(stop_grace_s=10.5, term_grace_s=1.0, deadline_grace_s=1.0, safe_budget_s=1.0)
    assert station.resources == {"memory_mb": 512.0, "files": 64}


def test_slots_become_settings_for_their_guards(tmp_path: Path) -> None:
    [slot] = slot_settings(read_station_file(write(tmp_path, GOOD)))
    assert slot["slot"] == "demo/slot-1"
    assert slot["instruments"]["supply"]["name"] == "supply-1"


def test_environment_is_filled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GWANJE_TEST_ID", "bench-7")
    text = GOOD.replace("id: demo", "id: ${GWANJE_TEST_ID}\n  name: ${GWANJE_TEST_NAME:-Somewhere}")
    station = read_station_file(write(tmp_path, text))
    assert (station.id, station.name) == ("bench-7", "Somewhere")


def test_every_problem_is_told_at_once_in_order(tmp_path: Path) -> None:
    text = GOOD.replace("id: demo", "id: Demo!").replace("minimum: 0", "minimum: 20").replace("2026-12-31", "soon")
    assert [line.split(":")[1] for line in problems(tmp_path, text)] == ["2", "13", "16"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("id: demo", "id: Demo!", "2: station.id: 'Demo!' is not a good id; use up to 40 small letters"),
        ("id: demo", "name: x", "2: station: has no 'id'; add it"),
        ("id: demo", "id: ${GWANJE_UNSET}", "2: station.id: refers to the environment variable GWANJE_UNSET"),
        ("Asia/Seoul", "Mars/Base", "3: station.time_zone: there is no time zone 'Mars/Base'"),
        ("time_zone:", "timezone:", "3: station.timezone: is not a known key; did you mean 'time_zone'?"),
        ("slots:", "ladder: []\nslots:", "4: ladder: is not a known key; known keys are backend, instruments, server"),
        (
            "Asia/Seoul",
            "UTC\n  ladder: {grace: 1}",
            "4: station.ladder.grace: is not a known key; known keys are deadline",
        ),
        (
            "Asia/Seoul",
            "UTC\n  ladder:\n    safe_budget_s: 6",
            "5: station.ladder.safe_budget_s: must be a number above 0, at most 5, not '6'",
        ),
        (
            "Asia/Seoul",
            "UTC\n  ladder: {stop_grace_s: nan}",
            "4: station.ladder.stop_grace_s: must be a number above 0",
        ),
        ("Asia/Seoul", "UTC\n  resources: {cpu_s: 0}", "4: station.resources.cpu_s: must be a number above 0"),
        ("Asia/Seoul", "UTC\n  resources: {files: 9}", "4: station.resources.files: must be a whole number from 16 to"),
        ("Asia/Seoul", "UTC\n  resources: {disk: 9}", "4: station.resources.disk: is not a known key; known keys are"),
        ("slots:", "server: {port: 0}\nslots:", "4: server.port: must be a whole number from 1 to 65535, not '0'"),
        (
            "{supply: supply-1}",
            "{supply: supply-9}",
            "6: slots[0].instruments.supply: there is no instrument 'supply-9'",
        ),
        ("{supply: supply-1}", "[supply-1]", "6: slots[0].instruments: must be a mapping"),
        ("  supply-1:\n", "  Supply 1:\n", "9: instruments.Supply 1: is not a good name"),
        ("scpi.ScpiInstrument", "scpi.Scpi", "9: instruments.supply-1.driver: there is no driver"),
        (
            "127.0.0.1",
            "192.0.2.5",
            "10: instruments.supply-1.resource: a simulated instrument needs an address on this",
        ),
        ("VOLT {value}", "VOLT", "13: instruments.supply-1.commands.voltage.write: does not say where the value goes"),
        (
            "minimum: 0",
            "minimum: 20",
            "13: instruments.supply-1.commands.voltage.minimum: is above the maximum (20 > 15)",
        ),
        ("minimum: 0", "minimum: low", "13: instruments.supply-1.commands.voltage.minimum: must be a number"),
        ("unit: V", "type: colour", "13: instruments.supply-1.commands.voltage.type: must be number, text or boolean"),
        ('check: "OUTP?", expect: OFF', 'check: "OUTP?"', "15: instruments.supply-1.safe_state[0]: needs `check` and"),
        (', check: "OUTP?", expect: OFF', "", "15: instruments.supply-1.safe_state: nothing proves this safe state"),
        ("2026-12-31", "soon", "16: instruments.supply-1.calibration_due: 'soon' is not a date"),
        ("power_supply", "toaster", "17: instruments.supply-1.simulation.model: must be power_supply, multimeter, "),
    ],
)
def test_problem_names_line_key_and_remedy(tmp_path: Path, old: str, new: str, line: str) -> None:
    found = problems(tmp_path, GOOD.replace(old, new, 1))
    assert any(problem.startswith(f"station.yaml:{line}") for problem in found), found


def test_instrument_belongs_to_one_slot_unless_it_is_shared(tmp_path: Path) -> None:
    second = GOOD.replace(
        "instruments:\n  supply-1:", "  - {id: slot-2, instruments: {dc: supply-1}}\ninstruments:\n  supply-1:"
    )
    [problem] = problems(tmp_path, second)
    assert problem.startswith("station.yaml:7: slots[1].instruments.dc: 'supply-1' is already used by slot 'slot-1'")
    shared = second.replace("    simulation:", "    shared: true\n    simulation:")
    assert len(read_station_file(write(tmp_path, shared)).slots) == 2


def test_slot_ids_differ(tmp_path: Path) -> None:
    text = GOOD.replace("slots:", "slots:\n  - {id: slot-1, instruments: {}}")
    assert problems(tmp_path, text) == [
        "station.yaml:6: slots[1]: is the second slot with the id 'slot-1'; ids must differ"
    ]


def test_two_instruments_have_two_addresses(tmp_path: Path) -> None:
    body = GOOD.split("  supply-1:\n")[1]
    [problem] = problems(tmp_path, f"{GOOD}  supply-2:\n{body}")
    assert "instruments.supply-2: has the same resource as 'supply-1'" in problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1: is empty; describe the station in it"),
        ("station: [", "1: is not valid YAML"),
        ("a: &x 1\nb: *x", "2: uses the alias *x; write the value out"),
        ("#" * 300_000, "1: is larger than 256 KiB"),
        ("[" * 20_000, "1: is nested too deeply; flatten it"),
        ("server: {port: 1, port: 2}", "1: server.port: appears twice; remove one of them"),
        ("- station", "1: must be a mapping of keys to values"),
        ("\x01", "1: is not valid YAML"),
    ],
)
def test_file_that_is_no_station_file_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    assert any(found.startswith(f"station.yaml:{problem}") for found in problems(tmp_path, text))


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StationFileError, match=r"station.yaml:1: cannot be read \(No such file or directory\)"):
        read_station_file(tmp_path / "station.yaml")


def test_demo_station_of_the_repository_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GWANJE_DATA_DIR", "/tmp/somewhere")
    station = read_station_file(Path(__file__).parents[2] / "station.yaml")
    assert [slot["slot"] for slot in slot_settings(station)] == ["demo/slot-1", "demo/slot-2"]
    assert [sorted(slot.instruments) for slot in station.slots] == [["board", "load", "meter", "supply"]] * 2
