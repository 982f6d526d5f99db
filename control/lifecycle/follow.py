"""restart, run again, resume: a new batch that is linked to the one it repeats or goes on from.

It runs the package as the old one was submitted with it, whatever the catalogue has by now.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from control.lifecycle.actor import LONGEST_REASON, USER_REQUEST, Actor
from control.lifecycle.carrying import carry_from_step, carry_to_repeat_failed, carry_to_resume
from control.lifecycle.chunks.carry import carry_but_chunks, carry_good_items, check_same_files, with_items
from control.lifecycle.control_events import record_control_event
from control.lifecycle.finding import find_batch, find_locked
from control.lifecycle.live_settings import settings_of
from control.lifecycle.packages import find_content
from control.lifecycle.refusals import BadValue, WrongState, check_text
from control.lifecycle.same_work import give_up_work
from control.lifecycle.steer import KINDS, ask
from control.lifecycle.submit import Order, Origin, check_order, enqueue, trigger_of
from control.lifecycle.why_not import check_allowed
from control.models import Batch
from control.states import LIVE, Control, State
from stations.contracts import Carried
from stations.models import Slot


class Mode(StrEnum):
    """What is run again."""

    SAME = "same"
    FAILED_STEPS = "failed_steps"
    FROM_STEP = "from_step"
    FAILED_ITEMS = "failed_items"
    CHUNKS = "chunks"


def restart_batch(batch_id: UUID, *, by: Actor, reason: str = USER_REQUEST) -> Batch:
    """Stop a running or paused batch and queue the same again, in the place that it had; return that.

    Raises NotFound or WrongState, and what `find_content` and `check_order` raise when it could not run again.
    """
    check_text("reason", reason, LONGEST_REASON)
    batch = find_batch(batch_id)
    check_allowed(Control.RESTART, State(batch.state))
    checked = check_order(order_of(batch), find_content(batch))
    with transaction.atomic():
        batch = find_locked(batch_id)
        _check_not_followed(batch, Batch.OriginKind.RESTART)
        give_up_work(batch)
        origin = Origin(batch, Batch.OriginKind.RESTART)
        follower = enqueue(checked, by=by, trigger=trigger_of(by), reason=reason, origin=origin)
        ask(Control.RESTART, batch_id, by=by, reason=reason, follower=follower)
    return follower


def rerun_batch(
    batch_id: UUID,
    mode: Mode,
    *,
    step: int | str | None = None,
    chunks: Collection[int] | None = None,
    by: Actor,
    reason: str = USER_REQUEST,
) -> Batch:
    """Run a batch that has ended again: all of it, only what did not pass, or from a step on; of one over items, only
    those that failed, or those of some chunks. Returns the new batch.

    Raises NotFound or WrongState, BadValue for a missing step or chunk, and what `find_content` and `check_order`
    raise.
    """
    check_text("reason", reason, LONGEST_REASON)
    batch = find_batch(batch_id)
    check_allowed(Control.RERUN, State(batch.state))
    _check_asked(mode, step, chunks)
    carried = _carried(batch, mode, step, chunks)
    check_same_files(batch, carried)
    checked = check_order(order_of(batch), find_content(batch))
    with transaction.atomic():
        origin = Origin(find_locked(batch_id), Batch.OriginKind.RERUN, carried)  # nobody prunes it meanwhile
        follower = enqueue(checked, by=by, trigger=trigger_of(by), reason=reason, origin=origin)
        asked = {"step": step, "chunks": None if chunks is None else sorted(chunks)}
        told = {name: value for name, value in asked.items() if value is not None}
        details = {"mode": mode.value, **told, "batch": str(follower.pk)}
        _record(Control.RERUN, batch, follower, by=by, reason=reason, details=details)
    return follower


def _check_asked(mode: Mode, step: int | str | None, chunks: Collection[int] | None) -> None:
    """Raises BadValue for what a mode needs and does not have, or does not take."""
    if step is None and mode is Mode.FROM_STEP:
        raise BadValue(_("Name the step from which to run again."), field="step")
    if step is not None and mode not in (Mode.FROM_STEP, Mode.CHUNKS):
        raise BadValue(_("Only from_step takes a step."), field="step")
    if chunks is not None and mode is not Mode.CHUNKS:
        raise BadValue(_("Only the mode chunks takes chunks."), field="chunks")


def _carried(batch: Batch, mode: Mode, step: int | str | None, chunks: Collection[int] | None) -> Carried | None:
    if mode is Mode.FAILED_STEPS:
        return carry_to_repeat_failed(batch)
    if mode is Mode.FROM_STEP and step is not None:
        return carry_from_step(batch, step)
    if mode is Mode.FAILED_ITEMS:
        return carry_good_items(batch)
    if mode is Mode.CHUNKS:
        return carry_but_chunks(batch, chunks or (), step)
    return None


def resume_batch(batch_id: UUID, *, seen: State | None = None, by: Actor, reason: str = USER_REQUEST) -> Batch:
    """Ask a paused batch to go on, and return it; of a stopped or crashed one, return a new batch that goes on from it.

    `seen`: the state in which somebody saw it who means just that: who lets a paused one go on does not mean to start
    what was stopped in the same moment. Raises NotFound or WrongState, also for another state than `seen`, and when the
    sequence cannot be taken up where it ended.
    """
    check_text("reason", reason, LONGEST_REASON)
    with transaction.atomic():
        state = State(find_locked(batch_id).state)
        check_allowed(Control.RESUME, state)
        if seen is not None and seen is not state:
            sentence = _("The batch is %(state)s by now. Look at it again before you let it go on.")
            raise WrongState(sentence % {"state": state.label})
        if state not in (State.STOPPED, State.CRASHED):
            return ask(Control.RESUME, batch_id, by=by, reason=reason)
    return go_on_from(find_batch(batch_id), Batch.OriginKind.RESUME, by=by, reason=reason)


def go_on_from(batch: Batch, kind: Batch.OriginKind, *, by: Actor, reason: str) -> Batch:
    """A new batch with what an ended one has done, and with its settings as they were last.

    Raises WrongState, and what `find_content` and `check_order` raise when it cannot run.
    """
    order = order_of(batch)
    carried = with_items(batch, carry_to_resume(batch))
    check_same_files(batch, carried)
    checked = check_order(replace(order, parameters=settings_of(batch)), find_content(batch))
    origin = Origin(batch, kind, carried)
    with transaction.atomic():
        batch = find_locked(batch.pk)
        _check_not_followed(batch, Batch.OriginKind.RESUME, Batch.OriginKind.RECOVERY, Batch.OriginKind.RESTART)
        follower = enqueue(checked, by=by, trigger=trigger_of(by), reason=reason, origin=origin)
        _record(Control.RESUME, batch, follower, by=by, reason=reason, details={"batch": str(follower.pk)})
    return follower


def order_of(batch: Batch) -> Order:
    """The order that asks for the same again; of work without a bench, on whichever lane is free."""
    on_bench = batch.slot is not None and batch.slot.kind == Slot.Kind.SLOT
    return Order(
        batch.sequence,
        slot=batch.slot_id if on_bench else None,
        name=batch.name,
        subject=batch.subject,
        parameters=batch.parameters,
        priority=Batch.Priority(batch.priority),
        **_items_of(batch),
    )


def _items_of(batch: Batch) -> dict[str, Any]:
    """What an order says of datasets, as it was for this batch."""
    if batch.dataset_id is None:
        return {}
    options = batch.items_options
    return {
        "dataset": str(batch.dataset_id),
        "target_dataset": str(batch.target_dataset_id) if batch.target_dataset_id else None,
        "chunk_size": options["chunk_size"],
        "item_timeout_s": options["timeout_s"],
        "max_pixels": options["max_pixels"],
        "lanes": options["lanes"],
    }


def _check_not_followed(batch: Batch, *kinds: Batch.OriginKind) -> None:
    """Two people who ask for the same at once get it once."""
    follower = batch.followers.filter(origin_kind__in=kinds, state__in=LIVE).first()
    if follower is not None:
        raise WrongState(_("It goes on already, as batch %(id)s.") % {"id": follower.pk})


def _record(word: Control, batch: Batch, follower: Batch, *, by: Actor, reason: str, details: dict[str, Any]) -> None:
    """An ended batch has a story that is complete, but who made it go on is still to be found there."""
    record_control_event(
        KINDS[word],
        by=by,
        reason=reason,
        batch=batch,
        at_once=True,
        before={"state": batch.state},
        after={"batch": str(follower.pk)},
        details=details,
    )
