"""What somebody wants a schedule to be, and whether that can be."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from control.lifecycle.refusals import BadValue, UnknownName, WrongState, check_label
from control.lifecycle.schedules.actions import CHORES, as_kept, check_options, order_of
from control.lifecycle.schedules.times import Timing, check_timing
from control.lifecycle.submit import Order, check_order
from control.models import Schedule
from stations.models import Slot, Station

LONGEST_NAME = 100


@dataclass(frozen=True)
class Plan:
    """A whole schedule as somebody declares it. `cron` or `every_s`, never both."""

    name: str
    action: Schedule.Action
    order: Order | None = None  # of RUN_SEQUENCE
    options: Mapping[str, Any] = field(default_factory=dict)  # of the others
    cron: str = ""
    every_s: int | None = None
    time_zone: str = ""  # empty: the station's
    station: str | None = None  # None: that of the order's slot, else the only one
    enabled: bool = True


@dataclass(frozen=True)
class CheckedPlan:
    """The columns of a schedule, and when it will be due."""

    columns: dict[str, Any]
    timing: Timing


def check_plan(plan: Plan, *, pk: UUID | None = None) -> CheckedPlan:
    """Check a plan completely; `pk` is the schedule that it is for, if there is one. Writes nothing.

    A slot that is latched or out of service now is fine: it may work again when the schedule is due.
    Raises UnknownName, or BadValue with the field that is wrong.
    """
    name = plan.name.strip()
    if not name:
        raise BadValue(_("Give the schedule a name."), field="name")
    check_label("name", name, LONGEST_NAME)
    check_name_is_free(name, pk)
    order, options = {}, {}
    if plan.action in CHORES:
        _check_nothing_given("order", plan.order, plan.action)
        options = check_options(plan.action, plan.options)
    else:
        _check_nothing_given("options", plan.options, plan.action)
        order = _checked_order(plan.order)
    station = _station(plan.station, order.get("slot"))
    timing = check_timing(plan.cron, plan.every_s, plan.time_zone, of_station=station.time_zone)
    columns = {
        **{"name": name, "enabled": plan.enabled, "station": station, "action": plan.action},
        **{"order": order, "options": options},
        **{"cron": " ".join(plan.cron.split()), "every_s": plan.every_s, "time_zone": plan.time_zone},
    }
    return CheckedPlan(columns, timing)


def check_name_is_free(name: str, pk: UUID | None) -> None:
    """Raises BadValue."""
    if Schedule.objects.filter(name=name).exclude(pk=pk).exists():
        raise BadValue(_("There is a schedule '%(name)s' already. Choose another name.") % {"name": name}, field="name")


def plan_of(schedule: Schedule) -> Plan:
    """A schedule as it was declared."""
    action = Schedule.Action(schedule.action)
    return Plan(
        name=schedule.name,
        action=action,
        order=None if action in CHORES else order_of(schedule),
        options=schedule.options,
        cron=schedule.cron,
        every_s=schedule.every_s,
        time_zone=schedule.time_zone,
        station=schedule.station_id,
        enabled=schedule.enabled,
    )


def declared(schedule: Schedule) -> dict[str, Any]:
    """The same as a record keeps it."""
    names = ("name", "enabled", "action", "order", "options", "cron", "every_s", "time_zone")
    return {**{name: getattr(schedule, name) for name in names}, "station": schedule.station_id}


def _check_nothing_given(name: str, given: object, action: Schedule.Action) -> None:
    """What somebody gives and nobody uses is a mistake of his."""
    if given:
        raise BadValue(
            _("'%(action)s' takes no '%(name)s'.") % {"action": Schedule.Action(action).value, "name": name}, field=name
        )


def _checked_order(order: Order | None) -> dict[str, Any]:
    if order is None or not order.sequence:
        raise BadValue(_("Say which sequence to run."), field="sequence")
    order = replace(order, wait=True)
    with suppress(WrongState):
        check_order(order)
    return as_kept(order)


def _station(name: str | None, slot: str | None) -> Station:
    of_slot = Slot.objects.filter(pk=slot).values_list("station", flat=True).first() if slot else None
    if name and of_slot and name != of_slot:
        raise BadValue(
            _("Slot %(slot)s belongs to station %(station)s, whose schedule this has to be.")
            % {"slot": slot, "station": of_slot},
            field="station",
        )
    known = {station.pk: station for station in Station.objects.all()}
    if not known:
        raise WrongState(_("There is no station yet. Start one first, on its host: manage.py start"))
    chosen = name or of_slot or (next(iter(known)) if len(known) == 1 else None)
    if chosen is None:
        names = ", ".join(sorted(known))
        raise BadValue(_("Say whose schedule it is. Stations: %(names)s.") % {"names": names}, field="station")
    if chosen not in known:
        raise UnknownName("station", chosen, known)
    return known[chosen]
