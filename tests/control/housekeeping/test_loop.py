"""The loop of the housekeeping, step by step."""

from __future__ import annotations

import pytest
from django.conf import settings

from control.housekeeping.loop import Duty, turn
from control.journal.bell import Listener
from control.management.station_processes import warden_settings
from stations.station_file import Station

pytestmark = pytest.mark.django_db(transaction=True)


def test_turn_shows_the_warden_that_the_housekeeping_lives() -> None:
    children = warden_settings(Station(id="demo", name="Demo", slots=[], instruments={}), [])["children"]
    settings.STATION_PATHS.prepare()
    [heart] = [settings.STATION_PATHS.heartbeat(child["name"]) for child in children if "silent_s" in child]
    heart.unlink(missing_ok=True)
    with Listener("nobody") as listener:
        turn([Duty(lambda: None, 0.01)], listener)
    assert heart.exists()
