"""What the overview shows: how much runs, what runs, what ended lately, and the slots. Absolute facts, no story."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from control.history.facts import PROVENANCE, Facts, facts_of_batches
from control.history.slots import read_slots
from control.lifecycle.packages import MANUAL_CONTROL
from control.lifecycle.queue_order import best_first
from control.models import Batch
from control.states import ACTIVE, State, StepOutcome

SHOWN_LIVE = 60
SHOWN_ENDED = 12


def read_overview(now: datetime) -> Facts:
    """Facts in twelve queries, and up to six more where batches go over items, however much there is.

    `now` in any zone; today is a day of the station's time zone.
    """
    batches = Batch.objects.defer(*PROVENANCE)
    # What runs comes first, then what waits, in the order in which it will be taken.
    shown = [
        *batches.filter(state__in=ACTIVE).order_by("pk")[:SHOWN_LIVE],
        *batches.filter(state=State.QUEUED).order_by(*best_first())[:SHOWN_LIVE],
    ][:SHOWN_LIVE]
    ended = batches.filter(ended_at__isnull=False).order_by("-ended_at")[:SHOWN_ENDED]
    facts = facts_of_batches([*shown, *ended], now)
    return {
        "counts": _counts(now),
        "live": facts[: len(shown)],
        "ended": facts[len(shown) :],
        "slots": read_slots(),
    }


def counted_batches(now: datetime) -> dict[str, Q]:
    """Which batches each count of the overview counts: the lists behind the counts ask for the same."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    today = Q(ended_at__gte=midnight)
    good = Q(state=State.COMPLETED, outcome__in=(StepOutcome.PASS, StepOutcome.NONE))
    return {
        "running": Q(state__in=ACTIVE),
        "queued": Q(state=State.QUEUED),
        "passed_today": today & good & ~Q(sequence=MANUAL_CONTROL),  # a manual session passes nothing
        "other_today": today & ~good & ~Q(state=State.STOPPED),
    }


def _counts(now: datetime) -> dict[str, int]:
    """One query for each: an index keeps every one of them to what lives or what ended today."""
    return {name: Batch.objects.filter(which).count() for name, which in counted_batches(now).items()}
