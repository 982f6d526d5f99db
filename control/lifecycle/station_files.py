"""Taking in station files: what each would change, whether that may be done now, and who did it."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from control.lifecycle.actor import Actor
from control.lifecycle.control_events import record_control_event
from control.lifecycle.packages import known_packages
from control.lifecycle.refusals import BadValue, WrongState
from control.models import ControlEvent
from stations import station_file
from stations.driver_language import SCPI
from stations.drivers.instrument_error import InstrumentError
from stations.drivers.loading import BUILT_IN, load_driver
from stations.models import Slot, Station
from stations.provisioning import changes_by, is_alive, take_in
from stations.station_changes import Change

KEPT_CHANGES = 100  # of one file, in its control event


@dataclass(frozen=True)
class Planned:
    """A checked station file and what it would change. `changes` None: the database does not know the station yet."""

    described: station_file.Station
    changes: list[Change] | None

    @property
    def is_news(self) -> bool:
        return self.changes != []


def plan_station_files(described: Sequence[station_file.Station]) -> list[Planned]:
    """What taking in these files would change. Writes nothing. Raises BadValue for two files of one station."""
    counted = Counter(station.id for station in described)
    if twice := sorted(name for name, times in counted.items() if times > 1):
        raise BadValue(
            _("Several files describe station %(names)s. Give each its own `station.id`.") % {"names": ", ".join(twice)}
        )
    # Before the first start there is a file to check, but nothing yet to compare it with.
    has_tables = Station._meta.db_table in connection.introspection.table_names()
    return [Planned(station, changes_by(station) if has_tables else None) for station in described]


def check_may_take_in(planned: Planned) -> None:
    """Raises WrongState for news of a station that is being served, or that belongs to another host."""
    if not planned.is_news:
        return
    station = Station.objects.filter(pk=planned.described.id).first()
    if station is None:
        return
    if station.host != socket.gethostname():
        raise WrongState(
            _("Station '%(name)s' belongs to host %(host)s. Load its file there, or stop it there and start it here.")
            % {"name": station.pk, "host": station.host}
        )
    if is_alive(station):
        raise WrongState(
            _(
                "Station '%(name)s' is being served, so its file cannot be changed now. "
                "Stop it: the next start takes the file in."
            )
            % {"name": station.pk}
        )


def take_in_station(planned: Planned, *, lanes: int, by: Actor, reason: str) -> Station:
    """Effects, in order: station, instruments, slots and lanes, a ControlEvent; no event where nothing changes.

    Raises StationElsewhere while another host serves the station.
    """
    with transaction.atomic():
        described, changes = planned.described, planned.changes
        station = take_in(described, host=socket.gethostname(), time_zone=settings.TIME_ZONE, lanes=lanes)
        if planned.is_news:
            told = (changes or [])[:KEPT_CHANGES]
            changed = {"change": "changed", "keys": [change.key for change in told]}
            record_control_event(
                ControlEvent.Kind.STATION_CHANGE,
                by=by,
                reason=reason,
                at_once=True,
                scope=station.pk,
                details={"change": "added"} if changes is None else changed,
                before={change.key: change.before for change in told if change.before is not None},
                after={change.key: change.after for change in told if change.after is not None},
            )
    return station


def lanes_of(described: station_file.Station, otherwise: Callable[[], int]) -> int:
    """As many lanes as the station has now; of a station that is new, as many as it would be started with."""
    known = Slot.objects.filter(station=described.id, kind=Slot.Kind.LANE, in_service=True).count()
    return known or otherwise()


def doubts_about(described: station_file.Station, today: date) -> Iterable[str]:
    """What is allowed, but hardly meant: one sentence each."""
    yield from _unknown_sequences(described)
    yield from _unusable_drivers(described)
    yield from _questions_that_ask_nothing(described)
    used = {name for slot in described.slots for name in slot.instruments.values()}
    for name, instrument in described.instruments.items():
        if name not in used:
            yield f"No slot uses instrument '{name}'. Name it at a slot, or remove it."
        if instrument.calibration_due is not None and instrument.calibration_due < today:
            yield f"The calibration of '{name}' was due on {instrument.calibration_due}. Have it calibrated."


def _unusable_drivers(described: station_file.Station) -> Iterable[str]:
    """Classes that are not ours have to be imported to tell whether they are there and take their texts."""
    for instrument in described.instruments.values():
        if instrument.driver in BUILT_IN:
            continue
        try:
            load_driver(instrument.settings(), settings.DRIVERS)
        except InstrumentError as problem:
            yield str(problem)


def _questions_that_ask_nothing(described: station_file.Station) -> Iterable[str]:
    """Allowed, as instruments from before SCPI have such questions."""
    for name, instrument in described.instruments.items():
        if instrument.driver != SCPI:
            continue
        asked = [fields["query"] for fields in instrument.commands.values() if "query" in fields]
        asked += [step["check"] for step in instrument.safe_state if "check" in step]
        for text in asked:
            if "?" not in text:
                yield f"'{name}' is asked '{text}', without the ? of a question. It will hardly answer."


def _unknown_sequences(described: station_file.Station) -> Iterable[str]:
    packages = known_packages()
    named = [("station.default_sequence", described.default_sequence, None)]
    named += [(f"slot '{slot.id}'", slot.sequence, slot) for slot in described.slots]
    for where, name, slot in named:
        if name and name not in packages:
            yield f"{where}: there is no sequence '{name}' here. Known: {', '.join(sorted(packages)) or 'none'}."
        elif (
            name and slot is not None and (missing := set(packages[name].manifest.instruments) - set(slot.instruments))
        ):
            yield f"{where} has no {', '.join(sorted(missing))}, which its sequence '{name}' needs."
