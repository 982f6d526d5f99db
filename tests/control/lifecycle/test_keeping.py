"""Kept batches: flag and record together, in any state, once."""

from __future__ import annotations

from uuid import uuid4

import pytest

from control.lifecycle.keeping import keep_batch
from control.lifecycle.refusals import BadValue, NotFound
from control.models import Batch, ControlEvent, Stream
from control.states import State
from tests.rows import ANNA, demo_station, queued, running

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def recorded() -> list[tuple[str, dict, dict, str]]:
    events = ControlEvent.objects.filter(kind__in=("BATCH_KEEP", "BATCH_RELEASE")).order_by("pk")
    return [(event.kind, event.before, event.after, event.reason) for event in events]


def test_keep_and_release_are_written_with_who_and_why() -> None:
    batch = running().batch
    assert keep_batch(batch.pk, True, by=ANNA, reason="first of its kind").keep is True
    assert keep_batch(batch.pk, False, by=ANNA).keep is False
    assert recorded() == [
        ("BATCH_KEEP", {"keep": False}, {"keep": True}, "first of its kind"),
        ("BATCH_RELEASE", {"keep": True}, {"keep": False}, "USER_REQUEST"),
    ]
    assert ControlEvent.objects.filter(obeyed_at=None, kind__startswith="BATCH_KEEP").count() == 0


def test_what_is_kept_already_is_not_written_twice() -> None:
    batch = queued()
    keep_batch(batch.pk, True, by=ANNA)
    assert keep_batch(batch.pk, True, by=ANNA).keep is True
    assert len(recorded()) == 1


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
def test_keeping_changes_neither_state_nor_story(state: State) -> None:
    batch = queued() if state == State.QUEUED else running().batch
    before = Stream.objects.values_list("name", "last_seq").order_by("pk")
    before = list(before)
    assert keep_batch(batch.pk, True, by=ANNA).state == state
    assert list(Stream.objects.values_list("name", "last_seq").order_by("pk")) == before


def test_an_unknown_batch_and_one_that_is_being_pruned_are_not_found() -> None:
    batch = queued()
    Stream.objects.filter(batch=batch).update(batch=None, name=f"pruned/{batch.pk}")
    for batch_id in (uuid4(), batch.pk):
        with pytest.raises(NotFound) as refused:
            keep_batch(batch_id, True, by=ANNA)
        assert str(refused.value) == f"There is no batch {batch_id}. It may have been pruned."
    assert Batch.objects.filter(keep=True).count() == 0


def test_a_reason_that_cannot_be_kept_keeps_nothing() -> None:
    batch = queued()
    with pytest.raises(BadValue):
        keep_batch(batch.pk, True, by=ANNA, reason="x" * 501)
    assert recorded() == []
