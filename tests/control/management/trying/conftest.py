"""A desk, and a bench that plays the instruments of a real slot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.control.management.trying.desk import Desk
from tests.stations.bench.running_bench import RunningBench


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "desk")
    yield made
    made.installation.remove()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBench]:
    bench = RunningBench(tmp_path_factory.mktemp("played"))
    assert bench.is_ready
    yield bench
    bench.stop()


@pytest.fixture
def bench(played: RunningBench) -> RunningBench:
    played.calm_down()
    return played
