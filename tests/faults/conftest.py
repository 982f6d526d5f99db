"""One station for all cells of a run, on a database of its own; what the cells measured is kept for the report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.fault_station import FaultStation
from tests.faults.matrix import Cell
from tests.faults.trial import Seen
from tests.installations import Template
from tests.postgresql import Databases, PostgreSQL

Keep = Callable[[Cell, Seen], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cells", choices=("chosen", "all"), default="chosen", help="how much of the matrix")
    parser.addoption("--repeat", type=int, default=1, help="how often each cell is tried")
    parser.addoption("--measured", type=Path, help="a file to which what was measured is appended")


@pytest.fixture(scope="session")
def faulty(
    postgresql: Databases | None, installation_template: Template, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FaultStation]:
    """Its PostgreSQL may be stopped and started."""
    server, template = None, installation_template
    if postgresql:
        server = PostgreSQL().start()
        template = Template(tmp_path_factory.mktemp("template"), server)
    installation = template.install(tmp_path_factory.mktemp("station"))
    station = FaultStation(installation, server)
    try:
        yield station.start()
        station.end()
    finally:
        station.take_bench_away()
        installation.remove()
        if server is not None:
            server.remove()


@pytest.fixture
def station(faulty: FaultStation) -> Iterator[FaultStation]:
    """Running and calm."""
    faulty.settle(40)
    faulty.bench.forget()
    yield faulty
    faulty.bench.calm()
    faulty.end_what_runs()
    faulty.lift()


@pytest.fixture
def keep(pytestconfig: pytest.Config) -> Keep:
    """Adds what was seen of a cell to the file of this run."""
    file: Path | None = pytestconfig.getoption("--measured", default=None)
    database = pytestconfig.getoption("--database")

    def add(cell: Cell, seen: Seen) -> None:
        line = {"database": database, "ending": cell.ending.name, "activity": cell.activity.name, **vars(seen)}
        if file is not None:
            with file.open("a") as stream:
                stream.write(json.dumps(line) + "\n")

    return add
