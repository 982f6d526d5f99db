"""The command: what it says, what it refuses, and that a signal leaves whole batches."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.installations import Installation, wait_until

FILL = """
import os
from pathlib import Path
from django.conf import settings
from django.utils import timezone
from control.journal.append import Entry, tell_batch
from control.models import Batch, Step
from stations.provisioning import take_in
from stations.station_file import read_station_file
from tests.rows import queued
take_in(read_station_file(Path(settings.STATION_FILE)), host="h", time_zone="UTC", lanes=2)
now = timezone.now()
for number in range({count}):
    batch = queued(name=f"batch {{number}}")
    tell_batch(batch.pk, Entry("log", "x" * 2000))
    Step.objects.create(batch=batch, index=0, name="s", group="main", state="ENDED")
    Batch.objects.filter(pk=batch.pk).update(state="COMPLETED", outcome="PASS", started_at=now, ended_at=now)
"""


@pytest.fixture
def old(installation: Installation) -> Iterator[Installation]:
    """With 60 batches that have ended."""
    done = installation.manage("shell", "--no-imports", "-c", FILL.format(count=60))
    assert done.returncode == 0, done.stderr
    return installation


def batches(installation: Installation) -> int:
    count: int = installation.query("SELECT COUNT(*) FROM control_batch")[0][0]
    return count


@pytest.mark.any_database
def test_a_dry_run_counts_and_deletes_nothing(old: Installation):
    done = old.manage("prune", "--older-than", "0", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Would go: 60 batches, 180 events in all. Nothing was deleted.\n"
    assert batches(old) == 60


def test_it_says_what_went_and_nothing_on_standard_error(old: Installation):
    done = old.manage("prune", "--older-than", "0", "--state", "COMPLETED", "--sequence", "board_test")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Pruned: 60 batches, 0 events of board and alerts.\n"
    done = old.manage("prune", "--older-than", "0")
    assert done.stdout == "Pruned: 0 batches, 60 events of board and alerts.\n"
    assert (batches(old), old.query("SELECT name, first_seq, last_seq FROM control_stream")) == (0, [("board", 61, 60)])


@pytest.mark.any_database
def test_a_signal_ends_it_with_the_batch_in_hand(old: Installation):
    process = old.start("prune", "--older-than", "0")
    wait_until(lambda: batches(old) < 60 or process.poll() is not None, 30, "the first batch")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
    assert old.output(process).startswith(("Interrupted. Pruned: ", "Pruned: 60"))
    left = batches(old)
    counted = (
        "SELECT COUNT(*) FROM control_step UNION ALL SELECT COUNT(*) FROM control_stream WHERE batch_id IS NOT NULL"
    )
    assert old.query(counted) == [(left,), (left,)]
    assert old.query("SELECT COUNT(*) FROM control_stream WHERE name LIKE 'pruned/%'") == [(0,)]


def test_the_file_becomes_smaller_when_asked_to(old: Installation):
    if not old.database_url.startswith("sqlite"):
        pytest.skip("PostgreSQL frees space by itself")
    file = old.data / "gwanje.sqlite3"
    assert old.manage("prune", "--older-than", "0").returncode == 0
    before = file.stat().st_size
    assert old.manage("prune", "--older-than", "0", "--vacuum").returncode == 0
    assert file.stat().st_size < before


@pytest.mark.any_database
@pytest.mark.parametrize("arguments", [[], ["--older-than", "soon"], ["--older-than", "-1"], ["--older-than", "nan"]])
def test_an_age_that_is_none_deletes_nothing(installation: Installation, arguments: list[str]):
    done = installation.manage("prune", *arguments)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "--older-than" in done.stderr
