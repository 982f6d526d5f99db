"""Waiting little for a lock, and afterwards as long as ever."""

from __future__ import annotations

import pytest
from django.db import connection

from control.lifecycle.short_waits import short_waits

pytestmark = pytest.mark.django_db
HOW_LONG = {
    "sqlite": "PRAGMA busy_timeout",
    "postgresql": "SELECT setting FROM pg_settings WHERE name = 'lock_timeout'",
}


def patience_ms() -> int:
    with connection.cursor() as cursor:
        cursor.execute(HOW_LONG[connection.vendor])
        return int(cursor.fetchone()[0])


def test_short_waits_end_with_their_block() -> None:
    usual = patience_ms()
    with short_waits(1.5):
        assert patience_ms() == 1500
    assert patience_ms() == usual


def test_short_waits_end_with_an_error_too() -> None:
    usual = patience_ms()
    with pytest.raises(RuntimeError), short_waits(1.5):
        raise RuntimeError
    assert patience_ms() == usual
