"""Which slot a new batch goes to, and why none takes it."""

from __future__ import annotations

from collections.abc import Collection
from typing import NoReturn

from django.db.models import Case, Count, Q, When
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from control.lifecycle.refusals import BadValue, UnknownName, WrongState
from control.lifecycle.slots.leases import holders_of, why_neighbour_unsafe
from control.lifecycle.slots.service import comes_back_by_itself, why_out_of_service
from control.states import LIVE
from stations.models import Slot, Station
from stations.provisioning import ALIVE_FOR


def choose_slot(
    sequence: str, roles: Collection[str], named: str | None, *, wait: bool, station: str | None = None
) -> tuple[Station, Slot | None]:
    """Return the named slot, else the first free fitting one; no slot but a station for work that any lane may take.

    `station`: the only one whose lanes have the files. Raises UnknownName or BadValue for a slot that does not fit,
    WrongState for one that takes nothing now.
    """
    if named is not None:
        slot = _named_slot(named)
        _check_fits(slot, sequence, roles)
        _check_has_files(slot, station)
    elif not roles:
        return _first_lane(station).station, None
    else:
        slot = _first_fitting(sequence, roles)
    check_takes_work(slot, wait=wait)
    if not wait:
        _check_free(slot)
    return slot.station, slot


def open_slots(kind: Slot.Kind) -> list[Slot]:
    """Slots that take work: of living stations first, then those known to be safe, then those with least to do."""
    alive = Case(When(station__heartbeat_at__gt=Now() - ALIVE_FOR, then=0), default=1)
    doubtful = Case(When(unsafe__isnull=True, then=0), default=1)
    return list(
        Slot.objects.filter(kind=kind, in_service=True, latch__isnull=True)
        .annotate(missing=alive, doubtful=doubtful, waiting=Count("batches", filter=Q(batches__state__in=LIVE)))
        .order_by("missing", "doubtful", "waiting", "station", "position")
        .select_related("station")
    )


def _named_slot(name: str) -> Slot:
    slot = Slot.objects.filter(pk=name).select_related("station").first()
    if slot is not None:
        return slot
    known = Slot.objects.values_list("pk", flat=True)
    if not known:
        raise WrongState(_("There is no slot yet. Start a station first, on its host: manage.py start"))
    raise UnknownName("slot", name, known)


def _first_fitting(sequence: str, roles: Collection[str]) -> Slot:
    for slot in open_slots(Slot.Kind.SLOT):
        if set(roles) <= set(slot.instruments):
            return slot
    _explain_no_slot(sequence, roles)


def _explain_no_slot(sequence: str, roles: Collection[str]) -> NoReturn:
    if any(set(roles) <= set(slot.instruments) for slot in Slot.objects.all()):
        raise WrongState(
            _(
                "Every slot that fits '%(sequence)s' is latched or out of service. When it is safe, reset one: "
                'on the overview, over the API, or with manage.py reset --slot STATION/SLOT --reason "…"'
            )
            % {"sequence": sequence}
        )
    raise BadValue(
        _("No slot has the instruments that '%(sequence)s' needs: %(roles)s.")
        % {"sequence": sequence, "roles": ", ".join(sorted(roles))}
    )


def _first_lane(station: str | None) -> Slot:
    for lane in open_slots(Slot.Kind.LANE):
        if station in (None, lane.station_id):
            return lane
    if station is not None:
        sentence = _("Its files lie on the host of station %(station)s, none of whose lanes takes work now.")
        raise WrongState(sentence % {"station": station})
    if Slot.objects.filter(kind=Slot.Kind.LANE).exists():
        raise WrongState(
            _(
                "Every lane is latched or out of service. When it is safe, reset the station: "
                'on the overview, over the API, or with manage.py reset --station STATION --reason "…"'
            )
        )
    raise WrongState(_("No station has a lane yet. Start one first, on its host: manage.py start"))


def _check_fits(slot: Slot, sequence: str, roles: Collection[str]) -> None:
    missing = sorted(set(roles) - set(slot.instruments))
    if missing:
        raise BadValue(
            _("Slot %(slot)s has no %(roles)s, which '%(sequence)s' needs. Choose another slot.")
            % {"slot": slot.pk, "roles": ", ".join(missing), "sequence": sequence}
        )


def _check_has_files(slot: Slot, station: str | None) -> None:
    if station not in (None, slot.station_id):
        sentence = _("The files lie on the host of station %(station)s. Choose one of its lanes, or none.")
        raise BadValue(sentence % {"station": station}, field="slot")


def check_takes_work(slot: Slot, *, wait: bool = False) -> None:
    """Raises WrongState for a slot in which nothing may start now; with `wait`, not for what comes back by itself."""
    if not slot.in_service and not (wait and comes_back_by_itself(slot)):
        raise WrongState(" ".join([why_out_of_service(slot), _("Choose another slot, or bring this one back.")]))
    if slot.latch is not None:
        raise WrongState(
            _(
                "Slot %(slot)s is latched: %(by)s pressed the emergency stop. When it is safe, reset it: "
                'on the overview, over the API, or with manage.py reset --slot %(slot)s --reason "…"'
            )
            % {"slot": slot.pk, "by": slot.latch["by"]}
        )


def _check_free(slot: Slot) -> None:
    if slot.batches.filter(state__in=LIVE).exists():
        raise WrongState(
            _("Slot %(slot)s is busy. Choose another slot, or let the batch wait for this one.") % {"slot": slot.pk}
        )
    check_safe(slot)
    for holder in holders_of(slot):
        raise WrongState(
            _("Slot %(slot)s waits for %(instrument)s: %(name)s uses it on %(other)s. Let the batch wait for its end.")
            % {"slot": slot.pk, "instrument": holder.instrument, "name": holder.name, "other": holder.slot}
        )


def check_safe(slot: Slot) -> None:
    """Raises WrongState."""
    if why := why_neighbour_unsafe(slot):
        raise WrongState(" ".join([why, _("Check the bench; then an engineer clears it.")]))
    if slot.unsafe is not None or slot.safe is False:
        raise WrongState(
            _(
                "Slot %(slot)s did not confirm its safe state. Check its instruments; then an engineer clears it: on "
                'the overview, over the API, or with manage.py reset --slot %(slot)s --reason "…"'
            )
            % {"slot": slot.pk}
        )
