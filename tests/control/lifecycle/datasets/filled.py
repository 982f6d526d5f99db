"""Datasets for tests: made here, filled, and read without a housekeeping."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from control.datasets import places
from control.lifecycle.datasets.changes import NewDataset, complete_dataset, create_dataset
from control.lifecycle.datasets.reading import read_dataset
from control.lifecycle.datasets.receiving import Received, Sent, receive_files
from control.models import Batch, Dataset
from stations.models import Station
from tests.rows import ANNA, demo_station, queued


@contextmanager
def station_here(monkeypatch: Any) -> Iterator[Station]:
    """The demo station as one of this host, and no datasets afterwards."""
    demo_station(monkeypatch)
    Station.objects.update(host=socket.gethostname())
    yield Station.objects.get()
    shutil.rmtree(places.all_datasets(), ignore_errors=True)


def receiving(name: str = "tiles") -> Dataset:
    return create_dataset(NewDataset(name), by=ANNA)


def send(dataset: Dataset, files: Mapping[str, bytes]) -> Received:
    sent = [Sent(path, [content]) for path, content in files.items()]
    return receive_files(dataset.pk, sent, announced=sum(map(len, files.values())))


def uploaded(files: Mapping[str, bytes], name: str = "tiles") -> Dataset:
    """A dataset that waits for its reader."""
    dataset = receiving(name)
    received = send(dataset, files)
    assert received.refused == []
    return complete_dataset(dataset.pk, by=ANNA)


def ready(files: Mapping[str, bytes], name: str = "tiles") -> Dataset:
    dataset = uploaded(files, name)
    read_dataset(dataset.pk)
    dataset.refresh_from_db()
    assert dataset.state == Dataset.State.READY, dataset.message
    return dataset


def working_on(dataset: Dataset, /, **more: Any) -> Batch:
    """A batch that uses a dataset."""
    batch = queued()
    Batch.objects.filter(pk=batch.pk).update(**{"dataset": dataset, **more})
    return batch
