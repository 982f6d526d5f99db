"""One bench for all tests of this folder, and open drivers to it; each test finds it calm."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from stations.drivers.driver import Driver
from stations.drivers.loading import load_driver
from tests.stations.bench.running_bench import RunningBench

OpenDriver = Callable[..., Driver]


@pytest.fixture(scope="session")
def session_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBench]:
    bench = RunningBench(tmp_path_factory.mktemp("bench"))
    yield bench
    bench.stop()


@pytest.fixture
def bench(session_bench: RunningBench) -> RunningBench:
    session_bench.calm_down()
    return session_bench


@pytest.fixture
def opened(bench: RunningBench) -> Iterator[OpenDriver]:
    """`opened("supply", timeout_s=0.2)`: the open driver of a role, with changed options."""
    drivers: list[Driver] = []

    def open_driver(role: str, **options: object) -> Driver:
        settings = bench.instruments[role]
        settings["options"] = {**settings["options"], **options}
        driver = load_driver(settings)
        drivers.append(driver)
        driver.open()
        return driver

    yield open_driver
    for driver in drivers:
        driver.close()
