"""Which day it is on a bench: a calibration is past due from the day after its date, in the station's own time zone."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django.utils import timezone

from stations.models import Instrument, Station


def today_at(station: Station) -> date:
    return timezone.localdate(timezone=ZoneInfo(station.time_zone))


def is_overdue(instrument: Instrument) -> bool:
    """Whether its calibration is past due. The station must have been fetched with it."""
    due = instrument.calibration_due
    return due is not None and due < today_at(instrument.station)
