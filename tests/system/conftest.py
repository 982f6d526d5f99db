"""A station of real processes for the tests of one file, each of which finds it ready and leaves every promise kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.installations import Installation, Template, wait_until
from tests.system.invariants import check_invariants
from tests.system.running_station import RunningStation


@contextmanager
def serving(template: Template, folder: Path, kind: type[RunningStation] = RunningStation) -> Iterator[RunningStation]:
    """A station in this folder, until the block ends."""
    installation = template.install(folder)
    station = kind(installation)
    try:
        yield station.start()
        station.stop()
        wait_until(lambda: not installation.processes(), 5, "a station without orphans")
    finally:
        installation.remove()


@pytest.fixture(scope="module")
def served(installation_template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStation]:
    with serving(installation_template, tmp_path_factory.mktemp("station")) as station:
        yield station


@pytest.fixture
def station(served: RunningStation) -> Iterator[RunningStation]:
    """Running, calm, both slots free. After the test all invariants are checked."""
    served.settle()
    served.bench.forget()
    yield served
    served.bench.calm()
    served.forget_followers()
    served.settle()
    check_invariants(served)


@pytest.fixture
def own_station(installation: Installation) -> RunningStation:
    """Not yet started, for tests that end it."""
    return RunningStation(installation)
