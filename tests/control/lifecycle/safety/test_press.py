"""The record of a press for somebody who waits for an answer: soon, or beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from control.lifecycle.refusals import UnknownName
from control.lifecycle.safety.emergency import new_latch
from control.lifecycle.safety.press import Pressed, press_emergency_stop, reset
from control.models import ControlEvent
from tests.control.hosts import this_host_has
from tests.installations import wait_until
from tests.rows import ANNA, demo_station

LOCK = {"sqlite": ["BEGIN IMMEDIATE"], "postgresql": ["BEGIN", "LOCK TABLE control_controlevent"]}


def pressed() -> Pressed:
    return Pressed(new_latch("demo/slot-1", by=ANNA), {"demo/slot-1": "as if its guard had answered"})


@contextmanager
def somebody_holds_a_lock() -> Iterator[None]:
    with closing(connection.copy()) as other:
        for command in LOCK[connection.vendor]:
            other.cursor().execute(command)
        yield
        other.cursor().execute("ROLLBACK")


@pytest.mark.django_db(transaction=True)
def test_record_is_written_beside_the_answer() -> None:
    assert pressed().record_soon()
    assert ControlEvent.objects.get().scope == "demo/slot-1"


@pytest.mark.django_db(transaction=True)
def test_record_that_somebody_holds_up_follows() -> None:
    press = pressed()
    with somebody_holds_a_lock():
        assert not press.record_soon()
    wait_until(ControlEvent.objects.exists, 10, "the record that follows")
    assert str(ControlEvent.objects.get().pk) == press.latch["id"]


@pytest.mark.django_db(transaction=True)
def test_record_that_the_database_refuses_is_none() -> None:
    nobody = User(pk=4711, username="nobody")
    assert not replace(pressed(), user=nobody).record_soon()
    assert not ControlEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_record_inside_a_transaction_belongs_to_it() -> None:
    with transaction.atomic():
        assert pressed().record_soon()
        assert ControlEvent.objects.exists()
        transaction.set_rollback(True)
    assert not ControlEvent.objects.exists()


@pytest.mark.django_db
def test_reset_of_what_does_not_exist_is_refused_before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)
    with this_host_has("demo/slot-1"):
        press_emergency_stop("demo", by=ANNA)
        with pytest.raises(UnknownName):
            reset("nonsense", by=ANNA, reason="cable replaced")
    assert not ControlEvent.objects.exists()
