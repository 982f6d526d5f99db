"""Restarting crashed batches by itself, where their sequence allows it and as often as it says."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from control.journal.append import Entry, alert
from control.journal.kinds import Kind
from control.lifecycle.actor import SYSTEM
from control.lifecycle.follow import go_on_from
from control.lifecycle.refusals import Refused
from control.lifecycle.stopping import is_stopping
from control.models import Batch
from control.states import State

REASON = "the batch crashed"


def recover_crashed(station: str) -> list[Batch]:
    """Let every crashed batch of a station go on that may; return the new ones. What is refused is not tried again.

    While the station is being stopped nothing begins: its next start finds them.
    """
    if is_stopping(station):
        return []
    crashed = Batch.objects.filter(station=station, state=State.CRASHED, restarts_left__gt=0).select_related("slot")
    open_ones = crashed.exclude(followers__origin_kind__in=[Batch.OriginKind.RECOVERY, Batch.OriginKind.RESUME])
    return [new for batch in open_ones.order_by("pk") if (new := _recover(batch)) is not None]


def _recover(batch: Batch) -> Batch | None:
    try:
        return go_on_from(batch, Batch.OriginKind.RECOVERY, by=SYSTEM, reason=REASON)
    except IntegrityError:
        return None  # somebody was faster
    except Refused as refusal:
        _give_up(batch, str(refusal))
        return None


def _give_up(batch: Batch, why: str) -> None:
    message = f"{batch.name} crashed and was not restarted: {why}"
    data = {"batch": str(batch.pk), "name": batch.name}
    with transaction.atomic():
        if Batch.objects.filter(pk=batch.pk, restarts_left__gt=0).update(restarts_left=0):
            alert([Entry(Kind.CONTROL, message, "WARNING", at=timezone.now(), data=data)])
