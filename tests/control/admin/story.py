"""Batches with one row of everything, and visitors of every role."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from control.models import (
    ApiKey,
    Attachment,
    Batch,
    Chunk,
    ChunkedStep,
    ControlEvent,
    Dataset,
    ErrorLog,
    Event,
    Item,
    Measurement,
    Schedule,
    Step,
    Stream,
)
from stations.models import Instrument, Slot, Station
from tests.rows import attached, dataset_row, queued, scheduled

VISITORS = ("anonymous", "stranger", "viewer", "operator", "engineer", "admin")


def visitor(who: str) -> Client:
    """A browser in which a user of this role is logged in; nobody for "anonymous", no group for "stranger"."""
    client = Client()
    if who != "anonymous":
        user = User.objects.create_user(who, is_superuser=who == "superuser")
        user.groups.set(Group.objects.filter(name=who))
        client.force_login(user)
    return client


def tell(name: str = "Board test", slot: str = "demo/slot-1", **more: Any) -> Batch:
    """A batch that has ended badly, with a row of everything; submitting wrote its event and control event."""
    batch = queued(slot=slot, name=name, **more)
    now = timezone.now()
    Batch.objects.filter(pk=batch.pk).update(
        state="FAILED", outcome="ERROR", started_at=now, ended_at=now, parameters={"<b>": 1}
    )
    step = Step.objects.create(batch=batch, index=0, name="power_on", group="main", state="ENDED", outcome="ERROR")
    Measurement.objects.create(
        step=step, name="rail", type="number", number=5.01, value=5.01, unit="V", limits={"minimum": 4.5}, at=now
    )
    attached(step, "answer.csv")
    ErrorLog.objects.create(
        batch=batch, step=0, at=now, category="hardware", exception="OSError", message="gone", fingerprint="f" * 16
    )
    over_items = {"name": "<b>measure", "first_of_target": 3, "total_items": 3, "uncut_items": 0, "began_at": now}
    opened = ChunkedStep.objects.create(batch=batch, step=0, **over_items)
    Chunk.objects.create(chunked_step=opened, number=2, items=[0, 1], state="FAILED", slot_id="demo/lane-1", tries=4)
    Item.objects.create(
        batch=batch, step=0, index=0, chunk=2, path="<b>tiles/1.png", state="FAILED", message="it is empty", at=now
    )
    batch.refresh_from_db()
    return batch


def changelist(model: Any, **filters: Any) -> str:
    options = model._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_changelist", query=filters or None)


def change(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def rows_of(batch: Batch) -> dict[Any, Any]:
    """One row of each model that has pages."""
    return {
        Batch: batch,
        Step: batch.steps.get(),
        Measurement: Measurement.objects.get(step__batch=batch),
        Attachment: Attachment.objects.get(batch=batch),
        Event: Event.objects.filter(stream__batch=batch).first(),
        ControlEvent: batch.control_events.get(),
        ErrorLog: batch.errors.get(),
        Stream: Stream.objects.get(batch=batch),
        Station: Station.objects.get(),
        Slot: Slot.objects.get(pk="demo/slot-1"),
        Instrument: Instrument.objects.first(),
        Schedule: scheduled(),
        Dataset: dataset_row(),
        ChunkedStep: batch.chunked_steps.get(),
        Chunk: Chunk.objects.get(chunked_step__batch=batch),
        Item: Item.objects.get(batch=batch),
    }


def administered() -> dict[Any, Any]:
    """One row of each model that is for administrators."""
    user = User.objects.create_user("somebody")
    return {
        User: user,
        Group: Group.objects.get(name="viewer"),
        ApiKey: ApiKey.objects.create(user=user, name="nightly", shown="gwanje_abc", digest="d"),
    }


def shown(client: Client, url: str) -> list[Any]:
    """The primary keys of the rows on a list."""
    response = client.get(url)
    assert response.status_code == 200
    return [row.pk for row in response.context["cl"].result_list]
