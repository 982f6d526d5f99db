"""Manual control: a session on an idle slot, the take-over of a paused batch, and commands to instruments in both.

A session is a batch of the built-in sequence, so it queues nothing up silently, holds the instruments' leases, and ends
like every other batch. Commands are wishes like any other intervention; the run answers them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from control.journal.append import Entry, tell_batch
from control.journal.bell import Listener
from control.journal.kinds import Kind, stream_of
from control.lifecycle.actor import LONGEST_REASON, USER_REQUEST, Actor
from control.lifecycle.control_events import record_control_event, told
from control.lifecycle.doorbell import ring_supervisor
from control.lifecycle.finding import find_locked
from control.lifecycle.packages import MANUAL_CONTROL, manual_package
from control.lifecycle.refusals import BadValue, NotFound, WrongState, check_text
from control.lifecycle.slots.choice import check_safe, check_takes_work
from control.lifecycle.slots.instruments import Asked, asked_text
from control.lifecycle.slots.leases import check_not_held
from control.lifecycle.steer import stop_batch
from control.lifecycle.stopping import check_not_stopping
from control.lifecycle.submit import CheckedOrder, Order, Work, enqueue, trigger_of
from control.models import Batch, ControlEvent
from control.states import ACTIVE, LIVE, State
from sequences.parameters import ParameterError, resolve_parameters
from sequences.wording import quoted
from stations.models import Slot
from stations.provisioning import is_alive

LOOK_AGAIN_S = 0.1  # a bell may be lost


def find_slot(name: str) -> Slot:
    """Raises NotFound, also for a lane, which has nothing that could be driven."""
    slot = Slot.objects.filter(pk=name).select_related("station").first()
    if slot is None:
        raise NotFound(_("There is no slot '%(name)s'.") % {"name": quoted(name)})
    return slot


def begin_session(slot_id: str, *, idle_limit_s: float | None = None, by: Actor, reason: str = USER_REQUEST) -> Batch:
    """Begin a manual session on an idle slot; returns its batch. `idle_limit_s`: it ends by itself when nobody has
    given a command for so long. Raises NotFound, BadValue, WrongState; that also while a batch on another slot holds
    an instrument of this one: people are told instead of kept waiting.
    """
    check_text("reason", reason, LONGEST_REASON)
    slot = find_slot(slot_id)
    _check_can_begin(slot)
    package = manual_package()
    given = {"by": by.name, **({} if idle_limit_s is None else {"idle_limit_s": idle_limit_s})}
    try:
        parameters = resolve_parameters(package.manifest.parameters, given)
    except ParameterError as error:
        raise BadValue("\n".join(problem.said(_) for problem in error.problems), field="idle_limit_s") from None
    checked = CheckedOrder(Work(Order(package.name, slot=slot.pk), package, parameters), slot.station, slot)
    try:
        with transaction.atomic():
            return enqueue(checked, by=by, trigger=trigger_of(by), reason=reason)
    except IntegrityError:  # somebody has begun one in the same moment
        _check_can_begin(slot)
        raise


def _check_can_begin(slot: Slot) -> None:
    """Raises WrongState, with the name of whoever holds the slot. Where only the health of its instruments keeps the
    slot out of service, whoever looks after them may drive the others; what waits for the slot cannot begin anyway.
    """
    if not slot.instruments:
        raise WrongState(_("%(slot)s has no instruments that could be driven by hand.") % {"slot": slot.pk})
    check_takes_work(slot, wait=True)
    ahead = Q(state__in=LIVE) if slot.in_service else Q(state__in=ACTIVE) | Q(state__in=LIVE, sequence=MANUAL_CONTROL)
    holder = slot.batches.filter(ahead).order_by("-started_at", "pk").first()
    if holder is not None:
        raise WrongState(held_by(slot, slot.batches.filter(state__in=ACTIVE).first() or holder))
    check_safe(slot)
    check_not_held([slot])
    check_not_stopping(slot.station_id)
    if not is_alive(slot.station):
        raise WrongState(
            _("Station %(station)s does not answer. Start it on its host: manage.py start")
            % {"station": slot.station_id}
        )


def end_session(slot_id: str, *, by: Actor, reason: str = USER_REQUEST) -> ControlEvent:
    """End the manual session of a slot; one that has not begun yet is stopped. Raises NotFound or WrongState."""
    check_text("reason", reason, LONGEST_REASON)
    slot = find_slot(slot_id)
    session = slot.batches.filter(state__in=LIVE, sequence=MANUAL_CONTROL).first()
    if session is None:
        raise WrongState(_("There is no manual session on %(slot)s.") % {"slot": slot.pk})
    if session.manual_by:
        return _wish(session, ControlEvent.Kind.MANUAL_END, "End of manual control", by=by, reason=reason)
    stop_batch(session.pk, by=by, reason=reason)
    return ControlEvent.objects.filter(batch=session, kind=ControlEvent.Kind.BATCH_STOP).latest("pk")


def take_over(slot_id: str, *, by: Actor, reason: str = USER_REQUEST) -> ControlEvent:
    """Take the instruments of a paused batch into one's own hands. Raises NotFound or WrongState."""
    check_text("reason", reason, LONGEST_REASON)
    slot = find_slot(slot_id)
    batch = slot.batches.filter(state__in=ACTIVE).first()
    if batch is None:
        raise WrongState(_("No batch uses %(slot)s: begin a manual session instead.") % {"slot": slot.pk})
    if batch.manual_by or batch.state != State.PAUSED:
        raise WrongState(held_by(slot, batch))
    return _wish(batch, ControlEvent.Kind.TAKE_OVER, "Take-over", by=by, reason=reason, only_in=State.PAUSED)


def give_back(slot_id: str, *, by: Actor, reason: str = USER_REQUEST) -> ControlEvent:
    """Give a batch that was taken over its instruments back: it stays paused, and can be resumed. Everybody may who
    drives instruments: who has taken over may have gone home. Raises NotFound or WrongState.
    """
    check_text("reason", reason, LONGEST_REASON)
    slot = find_slot(slot_id)
    batch = slot.batches.filter(state=State.PAUSED).exclude(manual_by="").first()
    if batch is None:
        raise WrongState(_("Nobody has taken %(slot)s over: there is nothing to give back.") % {"slot": slot.pk})
    return _wish(batch, ControlEvent.Kind.GIVE_BACK, "Giving back", by=by, reason=reason)


def command(slot_id: str, asked: Asked, *, by: Actor, reason: str = USER_REQUEST) -> ControlEvent:
    """Send a command to an instrument of a slot that is driven by hand. Returns the wish; its answer comes later.

    Effects, in order: a control event, a line in the batch's story, a bell. What the instrument does not declare, or
    would not take, is refused before anything is sent. Raises NotFound, UnknownName or BadValue, WrongState with the
    name of whoever holds the slot.
    """
    check_text("reason", reason, LONGEST_REASON)
    slot = find_slot(slot_id)
    details = asked.checked(slot)
    batch = slot.batches.filter(state__in=ACTIVE).first()
    if batch is None:
        check_takes_work(slot, wait=True)
        check_safe(slot)
        raise WrongState(_("Nobody drives %(slot)s by hand now. Begin a manual session first.") % {"slot": slot.pk})
    if not batch.manual_by:
        raise WrongState(held_by(slot, batch))
    known = batch.readings.get(details["instrument"], {}).get("values", {})
    before = {"value": known[details["command"]]} if details.get("command") in known else {}
    kind, message = ControlEvent.Kind.MANUAL_COMMAND, asked_text(details)
    return _wish(batch, kind, message, by=by, reason=reason, details=details, before=before)


def _wish(
    batch: Batch,
    kind: ControlEvent.Kind,
    message: str,
    *,
    by: Actor,
    reason: str,
    only_in: State | None = None,
    **about: Any,
) -> ControlEvent:
    """Write a wish down, tell it in the story, which is in English, and wake the supervisor. Raises WrongState."""
    with transaction.atomic():
        batch = find_locked(batch.pk)
        if batch.state not in ACTIVE or (only_in and batch.state != only_in):
            sentence = _("The batch is %(state)s by now. Look at it again.")
            raise WrongState(sentence % {"state": State(batch.state).label})
        about["before"] = {"state": batch.state, **about.get("before", {})}
        event = record_control_event(kind, by=by, reason=reason, batch=batch, **about)
        line = Entry(Kind.CONTROL, f"{message} by {by.name}", at=event.requested_at, data=told(event))
        tell_batch(batch.pk, line)
        ring_supervisor(batch.pk)
    return event


def why_not_now(slot: Slot) -> str:
    """Why nobody can begin a session now, and what to do about it; empty where somebody can."""
    try:
        _check_can_begin(slot)
    except WrongState as error:
        return str(error)
    return ""


def held_by(slot: Slot, batch: Batch) -> str:
    """Who holds a slot, and what to do about it."""
    about = {"slot": slot.pk, "batch": batch.name, "by": batch.submitted_by, "driver": batch.manual_by}
    if batch.manual_by and batch.sequence != MANUAL_CONTROL:
        sentence = _("%(driver)s has taken batch '%(batch)s' on %(slot)s over already: give commands, or give it back.")
        return sentence % about
    if batch.manual_by:
        return _("%(driver)s drives %(slot)s by hand already: give commands, or end the session.") % about
    if batch.state == State.QUEUED:
        return _("Batch '%(batch)s' (started by %(by)s) waits for %(slot)s. Let it run, or stop it first.") % about
    if batch.sequence == MANUAL_CONTROL:
        return _("The manual session of %(by)s on %(slot)s is about to begin or to end. Try again in a moment.") % about
    if batch.state == State.PAUSED:
        return (
            _("%(slot)s is used by batch '%(batch)s' (started by %(by)s), which is paused. Take it over first.") % about
        )
    return _("%(slot)s is used by batch '%(batch)s' (started by %(by)s). Stop or pause it first.") % about


def await_answer(event: ControlEvent, within_s: float) -> ControlEvent:
    """The wish as it is when the run has answered it, or after `within_s`: then its `after` is still empty."""
    return _await(event, event.batch_id, lambda now: bool(now.after), within_s)


def await_session(batch: Batch, within_s: float) -> Batch:
    """The batch of a session as soon as people can give commands, or after `within_s`."""
    return _await(batch, batch.pk, lambda now: bool(now.manual_by) or now.state not in LIVE, within_s)


def await_end(session: Batch, within_s: float) -> Batch:
    """The batch of a session that somebody has ended, when it is over and everything off, or after `within_s`."""
    return _await(session, session.pk, lambda now: now.state not in LIVE, within_s)


def _await(row: Any, batch_id: Any, is_there: Callable[[Any], bool], within_s: float) -> Any:
    until = time.monotonic() + within_s
    with Listener(stream_of(batch_id)) as bell:
        while True:
            row.refresh_from_db()
            left_s = until - time.monotonic()
            if is_there(row) or left_s <= 0:
                return row
            bell.wait(min(left_s, LOOK_AGAIN_S))
