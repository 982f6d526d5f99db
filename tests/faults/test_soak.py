"""The station of a soak: more boards than the demo has."""

from __future__ import annotations

from pathlib import Path

from stations.station_file import read_station_file
from tests.faults.soak import with_boards
from tests.installations import HOUSE


def test_every_board_has_its_own_instruments_at_its_own_addresses(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("GWANJE_DATA_DIR", str(tmp_path))
    file = tmp_path / "station.yaml"
    file.write_text(with_boards((HOUSE / "station.yaml").read_text(), 4))
    station = read_station_file(file)
    assert [slot.instruments["supply"] for slot in station.slots] == [f"supply-{number}" for number in range(1, 5)]
    assert len({instrument.resource for instrument in station.instruments.values()}) == 16
