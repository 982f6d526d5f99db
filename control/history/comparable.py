"""The runs that somebody may want to see beside one: those near to it, and those that a text means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import Q, QuerySet

from control.lifecycle.refusals import can_be_kept
from control.models import Batch

NEWEST, FOUND = 10, 20
_SHOWN = ("name", "subject", "state", "outcome", "marginal", "sequence", "version", "slot", "created_at")


class Near(StrEnum):
    """What makes a run worth comparing with another one."""

    ORIGIN = "origin"  # it comes from that one
    SAME_PLACE = "same place"  # the one before, of the same sequence on the same slot
    SAME_SUBJECT = "same subject"  # the one before, of the same sequence with the same subject


@dataclass(frozen=True)
class Comparable:
    near: Near
    batch: Batch


def nearest_runs(batch: Batch) -> list[Comparable]:
    """The runs with which it is compared most likely, each once, in at most three queries."""
    before = _listed().filter(sequence=batch.sequence, pk__lt=batch.pk, started_at__isnull=False).order_by("-pk")
    wanted = {
        Near.ORIGIN: _listed().filter(pk=batch.origin_id) if batch.origin_id else None,
        Near.SAME_PLACE: before.filter(slot=batch.slot_id) if batch.slot_id else None,
        Near.SAME_SUBJECT: before.filter(subject=batch.subject) if batch.subject else None,
    }
    found: dict[UUID, Comparable] = {}
    for near, rows in wanted.items():
        row = rows.first() if rows is not None else None
        if row is not None:
            found.setdefault(row.pk, Comparable(near, row))
    return list(found.values())


def newest_runs(batch: Batch) -> list[Batch]:
    """The newest other runs of its sequence."""
    return list(_listed().filter(sequence=batch.sequence).exclude(pk=batch.pk).order_by("-pk")[:NEWEST])


def runs_named(text: str, *, besides: Batch) -> list[Batch]:
    """The run with this id, or the newest ones whose name or subject begins with the text."""
    if not can_be_kept(text):
        return []
    try:
        which = Q(pk=UUID(text))
    except ValueError:
        which = Q(name__startswith=text) | Q(subject__startswith=text)
    return list(_listed().filter(which).exclude(pk=besides.pk).order_by("-pk")[:FOUND])


def _listed() -> QuerySet[Batch]:
    return Batch.objects.only(*_SHOWN)
