"""The stations of tests/system, for tests of the web process that promise no times."""

from __future__ import annotations

from tests.system.conftest import own_station, served, station

__all__ = ["own_station", "served", "station"]
