"""What a station file would change, as people read it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stations.provisioning import configuration_of
from stations.station_changes import find_changes, in_one_line
from stations.station_file import read_station_file

pytestmark = pytest.mark.any_database

FILE = """\
station: {id: demo}
backend: {url: https://gwanje.example, key: first}
slots:
  - {id: slot-1, instruments: {supply: supply-1}}
instruments:
  supply-1:
    driver: stations.drivers.scpi.ScpiInstrument
    resource: TCPIP::192.0.2.10::5025::SOCKET
    options: {timeout_s: 2}
"""


def configuration(folder: Path, text: str) -> dict:
    file = folder / "station.yaml"
    file.write_text(text)
    return configuration_of(read_station_file(file))


def changes(folder: Path, *replaced: tuple[str, str]) -> list[str]:
    after = FILE
    for old, new in replaced:
        after = after.replace(old, new)
    return [str(change) for change in find_changes(configuration(folder, FILE), configuration(folder, after))]


def test_same_file_changes_nothing(tmp_path: Path):
    assert changes(tmp_path) == []
    assert changes(tmp_path, ("timeout_s: 2", "timeout_s: 2.0")) == []


def test_each_key_is_told_with_both_values(tmp_path: Path):
    assert changes(
        tmp_path, ("timeout_s: 2", "timeout_s: 3, identity: E36"), ("{id: demo}", "{id: demo, name: D}")
    ) == [
        "+ instruments.supply-1.options.identity: E36",
        "~ instruments.supply-1.options.timeout_s: 2.0 -> 3.0",
        "~ name: demo -> D",
    ]


def test_slots_and_instruments_come_and_go_as_a_whole(tmp_path: Path):
    assert changes(tmp_path, ("supply-1", "supply-2"), ("slot-1", "slot-2")) == [
        "- instruments.supply-1: ScpiInstrument at TCPIP::192.0.2.10::5025::SOCKET",
        "+ instruments.supply-2: ScpiInstrument at TCPIP::192.0.2.10::5025::SOCKET",
        "- slots.slot-1: supply supply-1",
        "+ slots.slot-2: supply supply-2",
    ]


def test_secrets_are_told_but_not_shown(tmp_path: Path):
    [key] = changes(tmp_path, ("key: first", "key: second"))
    assert key.startswith("~ backend.key: secret ")
    assert "first" not in key and "second" not in key


def test_secret_options_are_kept_in_no_row(tmp_path: Path):
    configuration(tmp_path, FILE)
    described = read_station_file(tmp_path / "station.yaml")
    options = {"headers": {"Authorization": "Bearer abc"}, "arguments": [{"password": "abc", "channel": 1}]}
    lamp = replace(described.instruments["supply-1"], options=options)
    kept = configuration_of(replace(described, instruments={"lamp": lamp}))["instruments"]["lamp"]["options"]
    [argument] = kept["arguments"]
    assert (kept["headers"][:7], argument["password"][:7], argument["channel"]) == ("secret ", "secret ", 1)
    assert lamp.settings()["options"] == options


def test_many_changes_fit_into_one_line(tmp_path: Path):
    after = configuration(tmp_path, FILE.replace("supply-1", "supply-2").replace("slot-1", "slot-2"))
    found = find_changes(configuration(tmp_path, FILE), after)
    assert in_one_line(found) == "4 changes: instruments.supply-1, instruments.supply-2, slots.slot-1 and 1 more"
