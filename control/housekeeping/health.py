"""What the guards know of their instruments, in the rows; and calibrations that are past due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from control.housekeeping.telling import holding_alerts, signed, tell, told_before
from control.lifecycle.slots.service import judge_health
from control.metrics.calibration import today_at
from stations.contracts import InstrumentHealth
from stations.models import Instrument, Slot, Station

# What stays as it was is written down this often, so that "last answer" is never much older than the truth.
REFRESH = timedelta(seconds=10)
CALIBRATION = "calibration"


def note_health(slot: Slot, health: Mapping[str, InstrumentHealth]) -> None:
    """Bring the rows of a slot's instruments up to date where they are not, and judge the slot by them."""
    ids = {f"{slot.station_id}/{name}": one for name, one in health.items()}
    for row in Instrument.objects.filter(pk__in=ids):
        _note(row, ids[row.pk])
    problems = {name: one["error"] for name, one in health.items() if one["error"] is not None}
    if problems != (slot.health_problem or {"instruments": {}})["instruments"]:
        judge_health(slot.pk, problems)


def _note(row: Instrument, found: InstrumentHealth) -> None:
    at = datetime.fromtimestamp(found["at"], UTC)
    now = {"present": found["present"], "problem": found["error"] or ""}
    if found["present"]:
        now |= {"identity": found["identity"]}
    changed = any(getattr(row, name) != value for name, value in now.items())
    due = found["present"] and (row.last_answer_at is None or at >= row.last_answer_at + REFRESH)
    if not (changed or due):
        return
    if found["present"]:
        now |= {"last_answer_at": at, "response_ms": found["took_ms"]}
    Instrument.objects.filter(pk=row.pk).update(**now)


def tell_calibrations_due(station: str) -> None:
    """One alert per instrument and date, when its day has passed. Nothing is refused: it is for people to decide."""
    found = Station.objects.filter(pk=station).first()
    if found is None:
        return
    overdue = Instrument.objects.filter(station=found, calibration_due__lt=today_at(found))
    for instrument in overdue:
        due = instrument.calibration_due.isoformat()
        about = {"instrument": instrument.pk, "due": due}
        if told_before(CALIBRATION, station, **about).exists():
            continue
        with holding_alerts():
            if not told_before(CALIBRATION, station, **about).exists():
                message = f"The calibration of {instrument.pk} was due on {due}. Have it done, then correct the date."
                tell(message, "WARNING", signed(CALIBRATION, station) | about)
