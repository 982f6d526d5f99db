"""Lanes that help: which batch a free lane works for, when it leaves, and what becomes of its chunks then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Now
from django.utils import timezone

from control.journal.append import lock_story
from control.lifecycle.chunks.settle import give_back
from control.lifecycle.doorbell import ring_supervisor
from control.lifecycle.queue_order import effective_priority
from control.models import Batch, Chunk, ChunkedStep, ControlEvent, Helper
from control.states import State
from stations.models import Slot

# A helping lane shows that it lives much more often. Longer than a supervisor takes to be replaced.
LOST_AFTER = timedelta(seconds=15)
_HALTING = (ControlEvent.Kind.BATCH_PAUSE, ControlEvent.Kind.BATCH_STOP, ControlEvent.Kind.BATCH_RESTART)


# What one lane looks at before it stays idle: files and package of the best ones may all be out of its host's reach.
LOOKED_AT = 5

CanWork = Callable[[Batch], bool]


def join(slot: Slot, can_work: CanWork) -> Helper | None:
    """Let a free lane help the batch that needs it most; None when there is none, or somebody was faster.

    `can_work`: whether this host has what a batch needs.
    """
    if slot.kind != Slot.Kind.LANE or not slot.in_service:
        return None
    opened = _first_within_reach(needing_help(slot), can_work)
    if opened is None:
        return None
    try:
        with transaction.atomic():
            lock_story(opened.batch_id)
            if not needing_help(slot).filter(pk=opened.pk).exists():
                return None  # enough lanes have come since we looked
            now = timezone.now()
            settings = opened.batch.settings
            return Helper.objects.create(chunked_step=opened, slot=slot, settings=settings, began_at=now, seen_at=now)
    except IntegrityError:
        return None


def needing_help(slot: Slot) -> QuerySet[ChunkedStep]:
    """Steps with something left to hand out, the best one for this lane first: by priority, then by fewest lanes.

    Its own station's before others'; files that its host cannot reach are nothing for it.
    """
    pending = Chunk.objects.filter(chunked_step=OuterRef("pk"), state=Chunk.State.PENDING)
    helping = Count("helpers", filter=Q(helpers__ended_at=None))
    steps = ChunkedStep.objects.filter(Q(uncut_items__gt=0) | Exists(pending), over=False)
    steps = steps.filter(batch__state=State.RUNNING).exclude(batch__slot=slot)
    own = Case(When(batch__station=slot.station_id, then=Value(0)), default=Value(1))
    steps = steps.select_related("batch__dataset", "batch__target_dataset").annotate(lanes=helping + 1, far=own)
    most = Cast(KeyTextTransform("lanes", "batch__items_options"), IntegerField())
    steps = steps.annotate(most=most).filter(Q(most=0) | Q(most__gt=F("lanes")))
    return steps.order_by("far", "-batch__priority", "lanes", "pk")


def _first_within_reach(steps: QuerySet[ChunkedStep], can_work: CanWork) -> ChunkedStep | None:
    return next((step for step in steps[:LOOKED_AT] if can_work(step.batch)), None)


def take_over_help(helper: Helper) -> Helper | None:
    """Become the supervisor of a helping lane whose last one is gone; None when somebody was faster."""
    mine = Helper.objects.filter(pk=helper.pk, generation=helper.generation, ended_at=None)
    if not mine.update(generation=helper.generation + 1, seen_at=Now()):
        return None
    helper.generation += 1
    return helper


def show_help_lives(helper: Helper) -> None:
    """So that no other host takes the chunks of this lane for lost."""
    Helper.objects.filter(pk=helper.pk, generation=helper.generation).update(seen_at=Now())


def must_leave(helper: Helper) -> bool:
    """Whether a lane has to stop at once: its batch does not run, somebody wants that it does not, or it has other
    settings than the lane began with.
    """
    wanted = ControlEvent.objects.filter(batch=OuterRef("batch"), kind__in=_HALTING, obeyed_at=None, after={})
    step = ChunkedStep.objects.filter(~Exists(wanted), pk=helper.chunked_step_id, over=False)
    running = step.filter(batch__state=State.RUNNING)
    return running.values_list("batch__settings", flat=True).first() != helper.settings


def has_other_work(batch: Batch) -> bool:
    """Whether another batch waits or goes over items: where none does, a lane need not look for a better one."""
    others = Batch.objects.filter(Q(state=State.QUEUED) | Q(state=State.RUNNING, dataset__isnull=False))
    return others.exclude(pk=batch.pk).exists()


def why_leave(helper: Helper, waits: Batch | None, can_work: CanWork) -> str | None:
    """Why a helping lane is needed more elsewhere: None while it is not. `waits`: the batch that its lane would run."""
    opened = ChunkedStep.objects.select_related("batch").get(pk=helper.chunked_step_id)
    batch = opened.batch
    if waits is not None and _effective(waits) >= batch.priority:
        return "another batch waits for this lane"
    better = _first_within_reach(needing_help(helper.slot).exclude(pk=opened.pk), can_work)
    if better is None:
        return None
    if better.batch.priority > batch.priority:
        return "a more urgent batch needs help"
    mine = Helper.objects.filter(chunked_step=opened, ended_at=None).count() + 1
    fairer = better.batch.priority == batch.priority and mine - better.lanes >= 2
    return "another batch has fewer lanes" if fairer else None


def _effective(batch: Batch) -> float:
    """Its priority, raised with the time that it has waited."""
    found: float = effective_priority(Batch.objects.filter(pk=batch.pk)).values_list("effective_priority", flat=True)[0]
    return found


def end_help(helper: Helper, *, lost: bool, at: datetime) -> None:
    """A lane does not help any more: what it had goes back. Call inside a transaction that holds the batch's story."""
    if not Helper.objects.filter(pk=helper.pk, ended_at=None).update(ended_at=at):
        return
    in_hand = Chunk.objects.filter(helper=helper, state=Chunk.State.RUNNING).select_related("chunked_step")
    give_back(in_hand, lost=lost)


def end_lost_help(batch: Batch) -> int:
    """Take the chunks of lanes back that show no life: their host is gone. Returns how many."""
    silent = Helper.objects.filter(chunked_step__batch=batch, ended_at=None, seen_at__lt=Now() - LOST_AFTER)
    found = list(silent)
    for helper in found:
        with transaction.atomic():
            lock_story(batch.pk)
            end_help(helper, lost=True, at=timezone.now())
    if found:
        ring_supervisor(batch.pk)
    return len(found)
