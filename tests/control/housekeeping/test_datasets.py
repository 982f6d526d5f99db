"""Datasets of a host: read by child processes, cleared away by others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from control.datasets import places
from control.housekeeping.datasets import TRIES, DatasetClearing, DatasetReaders
from control.lifecycle.datasets.changes import delete_dataset
from control.models import Dataset
from tests.control.lifecycle.datasets.filled import ready, station_here, uploaded, working_on
from tests.rows import ANNA

pytestmark = pytest.mark.django_db

State = Dataset.State


@pytest.fixture(autouse=True)
def station(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with station_here(monkeypatch) as found:
        yield found


def end(readers: DatasetReaders) -> None:
    for reader in readers._running.values():
        reader.process.kill()
        reader.process.wait()


def test_two_are_read_at_once_and_the_oldest_first():
    datasets = [uploaded({"a": b"1"}, name) for name in "abc"]
    readers = DatasetReaders("demo")
    assert (readers.turn(), readers.turn()) == ([datasets[0].pk, datasets[1].pk], [])
    end(readers)
    for reader in readers._running.values():
        reader.said.close()


def test_only_the_stations_own_are_read():
    uploaded({"a": b"1"})
    assert DatasetReaders("other").turn() == []


def test_reader_that_dies_is_started_again_three_times():
    """In a test's transaction, which no other process sees: each reader ends without having read anything."""
    dataset = uploaded({"a": b"1"})
    readers = DatasetReaders("demo")
    begun = 0
    for _ in range(TRIES + 3):
        begun += len(readers.turn())
        end(readers)
    dataset.refresh_from_db()
    assert (begun, dataset.state, dataset.reader_losses) == (TRIES + 1, State.FAILED, TRIES + 1)
    assert dataset.message == "Its reader died 4 times, at last so: killed by signal 9"


def test_files_of_a_deleted_dataset_are_cleared_away_and_then_its_rows():
    dataset = ready({"a": b"1"})
    delete_dataset(dataset.pk, by=ANNA)
    clearing = DatasetClearing("demo")
    assert (clearing.turn(), Dataset.objects.count()) == (0, 1)
    clearing._running.wait(60)
    assert (clearing.turn(), Dataset.objects.count()) == (1, 0)
    assert not places.folder_of(dataset.pk).exists()


def test_row_of_a_deleted_dataset_stays_while_a_batch_names_it():
    dataset = ready({"a": b"1"})
    working_on(dataset, state="COMPLETED", ended_at=timezone.now())
    delete_dataset(dataset.pk, by=ANNA)
    clearing = DatasetClearing("demo")
    clearing.turn()
    clearing._running.wait(60)
    assert not places.folder_of(dataset.pk).exists()
    assert (clearing.turn(), Dataset.objects.get().state) == (0, State.REMOVED)
