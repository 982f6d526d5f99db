"""Schedules with real housekeepings, two of them and one that is killed."""

from __future__ import annotations

import os
import signal
import time

from tests.installations import Installation, wait_until

SCHEDULES = 20
PREPARE = f"""
from dataclasses import replace
from django.conf import settings
from control.lifecycle.actor import SYSTEM
from control.lifecycle.schedules.plan import Plan
from control.lifecycle.schedules.changes import create_schedule
from control.lifecycle.submit import Order
from control.models import Schedule
from stations.provisioning import take_in
from stations.station_file import read_station_file

take_in(read_station_file(settings.STATION_FILE), host="bench-pc", time_zone="Asia/Seoul", lanes=1)
settings.STATION_PATHS.prepare()
for number in range({SCHEDULES}):
    plan = Plan(f"s{{number}}", Schedule.Action.RUN_SEQUENCE, order=Order("step_loop"), every_s=3600)
    create_schedule(plan, by=SYSTEM)
plan = replace(plan, name="prune", action=Schedule.Action.PRUNE, order=None, options={{"older_than_days": 30}})
create_schedule(plan, by=SYSTEM)
"""
DUE = """
from datetime import timedelta
from django.utils import timezone
from control.models import Schedule
Schedule.objects.filter(name__startswith=%r).update(next_at=timezone.now() + timedelta(seconds=2))
"""


def shell(installation: Installation, code: str) -> None:
    done = installation.manage("shell", "-v0", "-c", code)
    assert done.returncode == 0, done.stderr


def works(installation: Installation) -> bool:
    return installation.query("SELECT heartbeat_at IS NOT NULL FROM stations_station")[0][0]


def test_each_due_time_gives_one_batch_whoever_is_killed(installation: Installation) -> None:
    shell(installation, PREPARE)
    keepers = [installation.start("housekeeping", "demo") for _ in range(3)]
    wait_until(lambda: works(installation), 30, "a housekeeping at work")
    shell(installation, DUE % "s")
    began = "SELECT COUNT(*) FROM control_batch"
    wait_until(lambda: installation.query(began)[0][0] > 0, 30, "the first batch")
    os.kill(keepers[0].pid, signal.SIGKILL)
    wait_until(lambda: installation.query(began)[0][0] >= SCHEDULES, 30, "all batches")
    time.sleep(2)  # two more turns, in which nothing may follow
    by = [row[0] for row in installation.query("SELECT submitted_by FROM control_batch")]
    assert sorted(by) == sorted(f"schedule s{number}" for number in range(SCHEDULES))
    assert installation.query("SELECT COUNT(*) FROM control_schedule WHERE missed > 0") == [(0,)]


def test_a_pruning_runs_as_a_process_of_its_own_and_says_how_it_went(installation: Installation) -> None:
    shell(installation, PREPARE)
    shell(installation, DUE % "prune")
    installation.start("housekeeping", "demo")
    result = "SELECT last_result, busy_since FROM control_schedule WHERE name = 'prune'"
    wait_until(lambda: installation.query(result)[0][0].startswith(("Done", "Failed")), 60, "the end of a pruning")
    said, busy_since = installation.query(result)[0]
    assert (said[:6], busy_since) == ("Done. ", None), said
