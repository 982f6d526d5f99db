"""Every list asks the database as often for three rows as for one: so many times, and once more for a key's groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from control.access.rights import Role
from control.history.facts import Facts
from control.journal.append import Entry, append
from control.journal.kinds import Kind, stream_of
from control.models import Batch, ControlEvent, ErrorLog, Measurement, Step
from stations.models import Slot
from tests.control.api.callers import with_key
from tests.rows import ask, attached, demo_station, queued

pytestmark = pytest.mark.django_db

OF_KEY = 2  # the key with its user, and the user's groups
BUDGETS = {
    "batches": OF_KEY + 1,
    "batches?state=QUEUED&slot=demo/slot-1": OF_KEY + 2,
    "steps": OF_KEY + 1,
    "measurements": OF_KEY + 1,
    "attachments": OF_KEY + 1,
    "control-events": OF_KEY + 3,
    "errors": OF_KEY + 1,
    "prompts": OF_KEY + 1,
    "events": OF_KEY + 2,
    "slots": OF_KEY + 4,
}


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def grow(batch: Batch, number: int) -> None:
    """One more row for every list."""
    now = timezone.now()
    if number:
        queued(name=str(number))
    step = Step.objects.create(batch=batch, index=number, name="x")
    Measurement.objects.create(step=step, name="x", type="text", value="x", at=now)
    attached(step)
    ErrorLog.objects.create(batch=batch, step=number, at=now, category="engine", exception="E", message="x")
    ControlEvent.objects.create(batch=batch, kind="BATCH_PAUSE", by="anna", face="API", requested_at=now)
    ask(batch, f"p{number}")
    append(stream_of(batch.pk), [Entry(Kind.LOG, "x")])


def read(what: str, batch: Batch, count: Callable[[int], Any]) -> list[Facts]:
    caller = with_key(Role.VIEWER)
    name, _, query = what.partition("?")
    address = {"batches": "/api/control/batches/", "slots": "/api/slots/"}.get(
        name, f"/api/control/batches/{batch.pk}/{name}/"
    )
    with count(BUDGETS[what]):
        return caller.get(f"{address}?{query}".rstrip("?")).json()["results"]


@pytest.mark.parametrize("what", BUDGETS)
def test_a_list_of_three_costs_as_much_as_a_list_of_one(what: str, django_assert_num_queries: Callable[[int], Any]):
    batch = queued()
    Slot.objects.exclude(pk="demo/slot-1").filter(batches=None).delete()
    grow(batch, 0)
    few = read(what, batch, django_assert_num_queries)
    for number in (1, 2):
        grow(batch, number)
        Slot.objects.create(pk=f"demo/more-{number}", station_id="demo", name=f"more-{number}", kind="SLOT", position=9)
    many = read(what, batch, django_assert_num_queries)
    assert (len(few) < 3, len(many) - len(few)) == (True, 2)


def test_sequences_ask_the_database_only_which_are_disabled(django_assert_num_queries: Callable[[int], Any]):
    caller = with_key(Role.VIEWER)
    with django_assert_num_queries(OF_KEY + 1):
        caller.get("/api/sequences/")


def test_a_batch_with_all_that_it_used_takes_one_question(django_assert_num_queries: Callable[[int], Any]):
    batch = queued()
    Batch.objects.filter(pk=batch.pk).update(state="STOPPED", ended_at=timezone.now())
    caller = with_key(Role.VIEWER)
    with django_assert_num_queries(OF_KEY + 1):
        caller.get(f"/api/control/batches/{batch.pk}/")
