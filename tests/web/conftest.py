"""The stations of tests/system, for tests of the web process that promise no times, and scripts that speak with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.conftest import own_station, served, station
from tests.system.running_station import RunningStation
from tests.web.api_client import Api

__all__ = ["own_station", "served", "station"]


@pytest.fixture(scope="package")
def api(served: RunningStation) -> Iterator[Api]:
    web = Api(served.installation)
    yield web
    web.end()
