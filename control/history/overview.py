"""What the overview shows: how much runs, what runs, what ended lately, and the slots. Absolute facts, no story."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q
from django.utils import timezone

from control.history.facts import Facts, batch_facts
from control.history.slots import read_slots
from control.models import Batch
from control.states import ACTIVE, LIVE, State, StepOutcome

SHOWN_LIVE = 60
SHOWN_ENDED = 12


def read_overview(now: datetime) -> Facts:
    """Facts in seven queries, however much there is. `now` in any zone; today is the day in the station's time zone."""
    live = Batch.objects.filter(state__in=LIVE)
    # What runs comes first, then what waits, in the order in which it will be taken.
    shown = [
        *live.filter(state__in=ACTIVE).order_by("pk")[:SHOWN_LIVE],
        *live.filter(state=State.QUEUED).order_by("-priority", "pk")[:SHOWN_LIVE],
    ][:SHOWN_LIVE]
    ended = Batch.objects.filter(ended_at__isnull=False).order_by("-ended_at")[:SHOWN_ENDED]
    return {
        "counts": _counts(now),
        "live": [batch_facts(batch, now) for batch in shown],
        "ended": [batch_facts(batch, now) for batch in ended],
        "slots": read_slots(),
    }


def _counts(now: datetime) -> dict[str, int]:
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    good = Q(state=State.COMPLETED, outcome__in=(StepOutcome.PASS, StepOutcome.NONE))
    today = Batch.objects.filter(ended_at__gte=midnight).aggregate(
        passed_today=Count("pk", filter=good), other_today=Count("pk", filter=~good & ~Q(state=State.STOPPED))
    )
    now_live = Batch.objects.filter(state__in=LIVE).aggregate(
        running=Count("pk", filter=Q(state__in=ACTIVE)), queued=Count("pk", filter=Q(state=State.QUEUED))
    )
    return {**now_live, **today}
