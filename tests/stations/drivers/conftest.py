"""Open drivers to the instruments of the bench."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from stations.drivers.driver import Driver
from stations.drivers.loading import load_driver
from tests.stations.bench.running_bench import RunningBench

OpenDriver = Callable[..., Driver]


@pytest.fixture
def opened(bench: RunningBench) -> Iterator[OpenDriver]:
    """`opened("supply", timeout_s=0.2)`: the open driver of a role, with changed options."""
    drivers: list[Driver] = []

    def open_driver(role: str, **options: object) -> Driver:
        settings = (bench.instruments | bench.others)[role]
        settings["options"] = {**settings["options"], **options}
        driver = load_driver(settings)
        drivers.append(driver)
        driver.open()
        return driver

    yield open_driver
    for driver in drivers:
        driver.close()
