"""A database that comes back: nothing starts by itself, nobody is logged in, every story has its end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_q.models import OrmQ

from control.journal.kinds import stream_of
from control.journal.read import read_after
from control.lifecycle.restored import settle_restored
from control.models import Batch, ControlEvent
from control.states import State
from stations.models import Lease
from tests.rows import ANNA, demo_station, queued, running

pytestmark = pytest.mark.django_db
ARCHIVE = "gwanje-20260504-020000.tar.gz"


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def kinds(batch: Batch) -> list[str]:
    return [event.kind for event in read_after(stream_of(batch.pk))]


def test_what_waited_is_stopped_with_the_reason_in_its_story() -> None:
    batch = queued()
    settle_restored(ARCHIVE, [], by=ANNA)
    batch.refresh_from_db()
    assert (batch.state, batch.message) == (
        "STOPPED",
        f"Stopped: it waited when {ARCHIVE} was made, which was restored.",
    )
    assert kinds(batch) == ["batch.queued", "control", "batch.ended"]


def test_what_ran_without_a_spool_crashes_and_frees_its_instruments() -> None:
    batch = running().batch
    batch.steps.create(index=0, name="rail", group="main", state="RUNNING")
    settle_restored(ARCHIVE, [], by=ANNA)
    batch.refresh_from_db()
    assert (batch.state, batch.outcome, kinds(batch)[-1]) == ("CRASHED", "ERROR", "batch.ended")
    assert (batch.steps.get().outcome, Lease.objects.count()) == ("ERROR", 0)


def test_what_has_its_spool_is_left_to_its_guard() -> None:
    batch = running().batch
    settle_restored(ARCHIVE, [batch.pk], by=ANNA)
    batch.refresh_from_db()
    assert (batch.state, kinds(batch)) == (State.RUNNING, ["batch.queued"])


def test_bells_sessions_and_automatic_restarts_are_gone() -> None:
    batch = queued()
    Session.objects.create(session_key="k", session_data="", expire_date=timezone.now() + timedelta(days=1))
    Batch.objects.filter(pk=batch.pk).update(state="CRASHED", ended_at=timezone.now(), restarts_left=2)
    settle_restored(ARCHIVE, [], by=ANNA)
    assert (OrmQ.objects.count(), Session.objects.count(), Batch.objects.get().restarts_left) == (0, 0, 0)


def test_it_is_on_record() -> None:
    settle_restored(ARCHIVE, [], by=ANNA)
    event = ControlEvent.objects.get()
    assert (event.kind, event.by, event.reason) == ("BACKUP", "anna", f"Restored from {ARCHIVE}")
    assert event.after == {"result": "restored"}
