"""Everything that the doctor looks at, in the order in which it tells it."""

from __future__ import annotations

from control.management.doctor.batches import (
    look_at_running_batches,
    look_at_slots,
    look_at_spools,
    look_at_waiting_batches,
    look_at_wishes,
)
from control.management.doctor.configuration import look_at_settings, look_at_station_file
from control.management.doctor.database import look_at_clock, look_at_database
from control.management.doctor.examination import Check
from control.management.doctor.folders import look_at_data_directory, look_at_runtime_directory
from control.management.doctor.instruments import look_at_instruments
from control.management.doctor.software import look_at_software
from control.management.doctor.station import look_at_guards, look_at_heartbeats, look_at_processes
from control.management.doctor.upkeep import look_at_backups, look_at_recorded_backups, look_at_schedules
from control.management.doctor.web import look_at_web

CHECKS = [
    Check("software", look_at_software),
    Check("settings", look_at_settings),
    Check("data directory", look_at_data_directory),
    Check("runtime directory", look_at_runtime_directory),
    Check("station file", look_at_station_file),
    Check("database", look_at_database),
    Check("clock", look_at_clock, needs_database=True),
    Check("station", look_at_processes),
    Check("guards", look_at_guards),
    Check("heartbeats", look_at_heartbeats, needs_database=True),
    Check("pages", look_at_web),
    Check("instruments", look_at_instruments),
    Check("slots", look_at_slots, needs_database=True),
    Check("running batches", look_at_running_batches, needs_database=True),
    Check("waiting batches", look_at_waiting_batches, needs_database=True),
    Check("stories", look_at_spools, needs_database=True),
    Check("wishes", look_at_wishes, needs_database=True),
    Check("backups", look_at_backups),
    Check("last backup", look_at_recorded_backups, needs_database=True),
    Check("schedules", look_at_schedules, needs_database=True),
]
