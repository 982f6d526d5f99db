"""The demo station with three lanes."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def station(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for tests with real transactions, whose database is another fixture."""
    from tests.rows import demo_station  # noqa: PLC0415  (its models need Django, which is not there yet)

    real = request.node.get_closest_marker("django_db").kwargs.get("transaction")
    request.getfixturevalue("transactional_db" if real else "db")
    demo_station(monkeypatch, lanes=3)
