"""A station of this host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def station(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from tests.control.lifecycle.datasets.filled import station_here  # noqa: PLC0415  (its models need Django)

    with station_here(monkeypatch) as found:
        yield found
