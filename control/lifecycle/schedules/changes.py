"""Making, changing and removing schedules, and running one now. Each is a control event with before and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from control.lifecycle.actor import LONGEST_REASON, USER_REQUEST, Actor
from control.lifecycle.control_events import record_control_event
from control.lifecycle.refusals import NotFound, WrongState, check_text
from control.lifecycle.schedules.actions import CHORES, order_of, told_result
from control.lifecycle.schedules.plan import CheckedPlan, Plan, check_name_is_free, check_plan, declared, plan_of
from control.lifecycle.schedules.times import first_time, timing_of
from control.lifecycle.submit import submit_once, trigger_of
from control.models import ControlEvent, Schedule
from control.states import LIVE
from stations.provisioning import is_alive


def create_schedule(plan: Plan, *, by: Actor, reason: str = USER_REQUEST) -> Schedule:
    """Effects, in order: Schedule, a ControlEvent. Raises UnknownName or BadValue for what cannot be done."""
    check_text("reason", reason, LONGEST_REASON)
    checked = check_plan(plan)
    with transaction.atomic():
        schedule = Schedule(created_by=by.user)
        _save(schedule, checked)
        _record("created", schedule.name, by, reason, after=declared(schedule))
    return schedule


def change_schedule(
    schedule_id: UUID, change: Callable[[Plan], Plan], *, by: Actor, reason: str = USER_REQUEST
) -> Schedule:
    """Make a schedule what `change` makes of its plan; its next run stays where it is unless its times change.

    Effects, in order: the schedule, a ControlEvent; neither where nothing changes. Raises NotFound, UnknownName or
    BadValue.
    """
    check_text("reason", reason, LONGEST_REASON)
    with transaction.atomic():
        schedule = _held(schedule_id)
        plan, before = plan_of(schedule), declared(schedule)
        wanted = change(plan)
        if replace(wanted, enabled=plan.enabled) == plan:
            word = "enabled" if wanted.enabled else "disabled"
            _switch(schedule, wanted.enabled)
        else:
            word = "changed"
            _save(schedule, check_plan(wanted, pk=schedule.pk))
        if declared(schedule) != before:
            _record(word, schedule.name, by, reason, before=before, after=declared(schedule))
    return schedule


def enable_schedule(schedule_id: UUID, enabled: bool, *, by: Actor, reason: str = USER_REQUEST) -> Schedule:
    """Let a schedule begin anew from now on, or rest, which is never refused for what it does.

    Raises NotFound, BadValue for times that cannot be read.
    """
    return change_schedule(schedule_id, lambda plan: replace(plan, enabled=enabled), by=by, reason=reason)


def delete_schedule(schedule_id: UUID, *, by: Actor, reason: str = USER_REQUEST) -> None:
    """Remove a schedule. What it has started goes on. Raises NotFound."""
    check_text("reason", reason, LONGEST_REASON)
    with transaction.atomic():
        schedule = _held(schedule_id)
        _record("deleted", schedule.name, by, reason, before=declared(schedule))
        schedule.delete()


def run_schedule_now(schedule_id: UUID, *, by: Actor, reason: str = USER_REQUEST) -> Schedule:
    """Do at once what a schedule does, even one that rests; its next run stays where it is.

    A batch is somebody's own, with the trigger of his face; a backup or pruning is begun by the station's housekeeping
    within a second. Raises NotFound, WrongState while the last one goes on, and what `submit_once` raises.
    """
    check_text("reason", reason, LONGEST_REASON)
    with transaction.atomic():
        schedule = _held(schedule_id)
        if is_going_on(schedule):
            raise WrongState(
                _("The last run of schedule '%(name)s' has not ended yet. Wait for it, or stop its batch.")
                % {"name": schedule.name}
            )
        now = timezone.now()
        if schedule.action in CHORES:
            _ask_for_chore(schedule, by, reason)
        else:
            answer = submit_once(order_of(schedule), by=by, trigger=trigger_of(by), reason=reason)
            schedule.last_batch, schedule.last_result = answer.batch, told_result(answer, f"Queued by {by.name}.")
        schedule.last_at, schedule.last_due_at = now, None
        schedule.save(update_fields=["busy_since", "last_batch", "last_result", "last_at", "last_due_at"])
    return schedule


def find_schedule(schedule_id: UUID) -> Schedule:
    """Raises NotFound."""
    schedule = Schedule.objects.filter(pk=schedule_id).select_related("station", "last_batch", "created_by").first()
    if schedule is None:
        raise NotFound(_("There is no schedule %(id)s.") % {"id": schedule_id})
    return schedule


def is_going_on(schedule: Schedule) -> bool:
    """Whether what it started last has not ended yet."""
    live = schedule.last_batch is not None and schedule.last_batch.state in LIVE
    return live or schedule.busy_since is not None


def _held(schedule_id: UUID) -> Schedule:
    """The schedule, held until the transaction ends. (On SQLite the transaction itself holds everything.)"""
    Schedule.objects.select_for_update().filter(pk=schedule_id).values_list("pk").first()
    return find_schedule(schedule_id)


def _save(schedule: Schedule, checked: CheckedPlan) -> None:
    """Raises BadValue when somebody took the name in this very moment."""
    was = _times_of(schedule) if schedule.next_at else None
    if schedule.action != checked.columns["action"]:
        schedule.busy_since = None  # what goes on ends as it may
    for name, value in checked.columns.items():
        setattr(schedule, name, value)
    if not schedule.enabled:
        schedule.next_at = None
    elif was != _times_of(schedule):
        schedule.next_at = first_time(checked.timing)
    try:
        with transaction.atomic():
            schedule.save()
    except IntegrityError:
        check_name_is_free(schedule.name, schedule.pk)
        raise


def _switch(schedule: Schedule, enabled: bool) -> None:
    """What it does may have become impossible meanwhile: that is said when it is due."""
    if schedule.enabled != enabled:
        schedule.enabled = enabled
        schedule.next_at = first_time(timing_of(schedule)) if enabled else None
        schedule.save(update_fields=["enabled", "next_at"])


def _times_of(schedule: Schedule) -> tuple[Any, ...]:
    return schedule.cron, schedule.every_s, schedule.zone_name


def _ask_for_chore(schedule: Schedule, by: Actor, reason: str) -> None:
    if not is_alive(schedule.station):
        raise WrongState(
            _("Station %(station)s is not running, and nobody else does this. Start it first, on its host.")
            % {"station": schedule.station_id}
        )
    schedule.busy_since = timezone.now()
    schedule.last_result = f"Asked for by {by.name}."
    _record("run", schedule.name, by, reason)


def _record(change: str, name: str, by: Actor, reason: str, **states: Any) -> None:
    kind = ControlEvent.Kind.SCHEDULE_CHANGE
    record_control_event(kind, by=by, reason=reason, at_once=True, scope=name, details={"change": change}, **states)
