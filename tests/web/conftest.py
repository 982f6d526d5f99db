"""The stations of tests/system, for tests of the web process that promise no times, and scripts that speak with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.installations import Template
from tests.system.conftest import own_station, serving, station
from tests.system.running_station import RunningStation
from tests.web.api_client import Api

__all__ = ["own_station", "station"]


@pytest.fixture(scope="package")
def served(installation_template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStation]:
    """One for all files of this folder that a process of the tests gets: it costs more than most tests."""
    with serving(installation_template, tmp_path_factory.mktemp("station")) as running:
        yield running


@pytest.fixture(scope="package")
def api(served: RunningStation) -> Iterator[Api]:
    web = Api(served.installation)
    yield web
    web.end()
