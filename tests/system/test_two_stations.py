"""Two stations on one PostgreSQL: the lanes of the one help the other, and nothing is lost with their host."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.installations import Installation, Template, wait_until
from tests.system.conftest import serving
from tests.system.item_station import ItemBatch, ItemStation
from tests.system.running_station import environment_of

ITEMS = 300
LANES_ALONE = "station: {id: south, name: South}\nserver: {workers: 2}\ninstruments: {}\nslots: []\n"


@pytest.fixture
def north(installation_template: Template, tmp_path: Path) -> Iterator[ItemStation]:
    if installation_template.server is None:
        pytest.skip("needs --database=postgresql")
    with serving(installation_template, tmp_path / "north", ItemStation) as station:
        assert isinstance(station, ItemStation)
        yield station


@pytest.fixture
def south(north: ItemStation, tmp_path: Path) -> Iterator[Installation]:
    """Another data directory, the same database, secret key and files."""
    installation = Installation(tmp_path / "south", north.installation.database_url)
    installation.station_file.write_text(LANES_ALONE)
    shutil.copy(north.installation.data / "secret-key", installation.data)
    for name in ("GWANJE_SEQUENCE_DIRS", "GWANJE_DATASET_ROOTS"):
        installation.environment[name] = north.installation.environment[name]
    process = installation.start("serve_station")
    wait_until(lambda: "is ready" in installation.output(process), 30, "the other station")
    yield installation
    kill_all_of(installation)
    process.wait(timeout=10)
    shutil.rmtree(installation.paths.runtime, ignore_errors=True)


def kill_all_of(installation: Installation) -> None:
    """As a power cut does."""
    data = f"GWANJE_DATA_DIR={installation.data}\0"
    while mine := [pid for pid in installation.processes() if data in environment_of(pid)]:
        for pid in mine:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_lanes_of_another_station_help_and_their_end_loses_nothing(north: ItemStation, south: Installation) -> None:
    folder = north.folder / "texts"
    folder.mkdir()
    for number in range(ITEMS):
        (folder / f"{number:04}.txt").write_text(str(number))
    batch = north.submit(north.take_in(folder), item_ms=100, chunk_size=5)
    wait_until(lambda: items_of_south(batch) >= 10, 60, f"items of the other station:\n{north.output}")
    kill_all_of(south)
    result = batch.end()
    assert north.verdict(batch.id) == ("COMPLETED", "PASS"), north.output
    assert (result["indexes"], result["failed"]) == (list(range(ITEMS)), [])
    rows = batch.rows("path")
    assert len(rows) == len(set(rows)) == ITEMS
    assert batch.helping() == set()


def items_of_south(batch: ItemBatch) -> int:
    return int(batch.rows("COUNT(*)", more="AND slot LIKE 'south/%'")[0][0])
