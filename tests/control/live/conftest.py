"""A web process's event loop, somebody who may see, and a socket that has been greeted."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest


@pytest.fixture
def web(transactional_db: None) -> Iterator[Any]:
    # This file is loaded before the settings are: models may be imported by now, but not above.
    serving = import_module("tests.control.live.sockets").Web()
    yield serving
    serving.close()


@pytest.fixture
def viewer(web: Any) -> Any:
    return import_module("tests.control.live.sockets").user_in("viewer")


@pytest.fixture
def key(viewer: Any) -> str:
    return import_module("control.access.keys").create_key(viewer, "script")[1]


@pytest.fixture
def socket(web: Any, key: str) -> Any:
    return web.enter(key)
