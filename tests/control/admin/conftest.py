"""The demo station, and people who look at it in the admin."""

from __future__ import annotations

from importlib import import_module

import pytest

# This file is loaded before the settings are: models may be imported inside of fixtures, but not here.


@pytest.fixture
def station(db, monkeypatch):
    return import_module("tests.rows").demo_station(monkeypatch)


@pytest.fixture
def viewer(db):
    return import_module("tests.control.admin.story").visitor("viewer")


@pytest.fixture
def admin(db):
    return import_module("tests.control.admin.story").visitor("admin")
