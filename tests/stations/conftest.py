"""One bench for all tests of drivers and of the bench itself; each test finds it calm."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stations.bench.running_bench import RunningBench


@pytest.fixture(scope="session")
def session_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBench]:
    bench = RunningBench(tmp_path_factory.mktemp("bench"))
    yield bench
    bench.stop()


@pytest.fixture
def bench(session_bench: RunningBench) -> RunningBench:
    session_bench.calm_down()
    return session_bench
