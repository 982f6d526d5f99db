"""Work over ten thousand items: how much of a bare pool's speed is left, and what each item costs beside its work."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from benchmarks.batches import BENCHMARK
from benchmarks.figures import Figure, Goal, figure_table
from benchmarks.processes import memory, name_of
from benchmarks.station import wait_until_idle
from control.lifecycle.datasets.changes import NewDataset, create_dataset
from control.lifecycle.submit import Order, submit
from control.models import Batch, Dataset, Item
from tests.installations import Installation, wait_until

ITEMS = 10_000
LANES = 4  # of the station
# Of each kind: how long an item takes, in milliseconds.
KINDS = {"waiting": 20.0, "computing": 5.0}
# With how many items each number of lanes is tried, so that all take as long.
AT_LANES = {1: ITEMS // 4, 2: ITEMS // 2, LANES: ITEMS}
LOOK_EVERY_S = 1.0
IDLE_S = 60.0  # what keeps a station in order works in bursts
PATIENCE_S = 600.0
MIB = 1024**2


@dataclass(frozen=True)
class Run:
    """One batch. Times in seconds, that of processors without what an idle station takes; memory in MiB, the most of
    all its runners and supervisors together.
    """

    took_s: float
    cpu_s: float
    memory: float


def measure(station: Installation) -> Table:
    figures: list[Figure] = []
    least: dict[str, float] = {}
    wait_until_idle(station)
    idle = _idle_cpu(station)
    for kind, item_ms in KINDS.items():
        for lanes, items in AT_LANES.items():
            folder = _folder(station, items)
            pool_s, pool_cpu_s = _pool(kind, item_ms, lanes, folder)
            run = _batch(station, kind, item_ms, lanes, _dataset(folder), idle)
            what = f"{kind} {item_ms:g} ms, {items:,} items, {lanes} {'lane' if lanes == 1 else 'lanes'}"
            figures += [
                Figure(f"{what}: bare pool", [pool_s], "s"),
                Figure(f"{what}: batch", [run.took_s], "s", Goal(pool_s / 0.9, "pool at 90 %")),
                Figure(f"{what}: of the pool's speed", [100 * pool_s / run.took_s], "%"),
                Figure(
                    f"{what}: processor time beside the work, an item",
                    [(run.cpu_s - pool_cpu_s) / items * 1000],
                    "ms",
                    Goal(0.5),
                ),
            ]
            if lanes == 1:
                least[kind] = run.memory
            if lanes == LANES:
                figures.append(
                    Figure(f"{what}: most memory", [run.memory], "MiB", Goal(least[kind] * 4, "4 × one lane"))
                )
    return figure_table(f"Chunks, {ITEMS:,} items at most", figures)


def _folder(station: Installation, items: int) -> Path:
    folder = Path(station.environment["GWANJE_DATASET_ROOTS"]) / f"items-{items}"
    if not folder.exists():
        folder.mkdir(parents=True)
        for number in range(items):
            (folder / f"{number:06}.txt").write_text(f"item {number}\n")
    return folder


def _dataset(folder: Path) -> Dataset:
    known = Dataset.objects.filter(location=str(folder), state=Dataset.State.READY).first()
    if known is not None:
        return known
    dataset = create_dataset(NewDataset(kind=Dataset.Kind.FOLDER, location=str(folder)), by=BENCHMARK)
    wait_until(
        lambda: Dataset.objects.filter(pk=dataset.pk, state=Dataset.State.READY).exists(),
        what="the dataset to be read",
        timeout_s=PATIENCE_S,
    )
    dataset.refresh_from_db()
    return dataset


def _pool(kind: str, item_ms: float, lanes: int, folder: Path) -> tuple[float, float]:
    command = [sys.executable, "-m", "benchmarks.pool", kind, str(item_ms), str(lanes), str(folder)]
    done, took_s, cpu_s = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    assert int(done) == len(list(folder.iterdir()))
    return float(took_s), float(cpu_s)


def _batch(station: Installation, kind: str, item_ms: float, lanes: int, dataset: Dataset, idle: float) -> Run:
    wait_until_idle(station)
    before = _cpu_s(station)
    order = Order(
        "work_over_items",
        dataset=str(dataset.pk),
        lanes=lanes,
        parameters={"kind": kind, "item_ms": item_ms},
        fresh=True,
    )
    began = time.monotonic()
    batch = submit(order, by=BENCHMARK, trigger=Batch.Trigger.MANUAL)
    most = 0.0
    while not Batch.objects.filter(pk=batch.pk, ended_at__isnull=False).exists():
        if time.monotonic() - began > PATIENCE_S:
            raise RuntimeError(f"Batch {batch.pk} has not ended within {PATIENCE_S:g} s.")
        most = max(most, _memory(station))
        time.sleep(LOOK_EVERY_S)
    batch.refresh_from_db()
    assert batch.started_at is not None and batch.ended_at is not None
    done = Item.objects.filter(batch=batch, state=Item.State.COMPLETED).count()
    if done != dataset.total_files:
        raise RuntimeError(f"Batch {batch.pk} completed {done} of {dataset.total_files} items: {batch.message}")
    took_s = (batch.ended_at - batch.started_at).total_seconds()
    used_s, lasted_s = _cpu_s(station) - before, time.monotonic() - began
    return Run(took_s, used_s - idle * lasted_s, most)


def _idle_cpu(station: Installation) -> float:
    """What the station uses with nothing to do, in processors."""
    before = _cpu_s(station)
    time.sleep(IDLE_S)
    return (_cpu_s(station) - before) / IDLE_S


def _cpu_s(station: Installation) -> float:
    """Of everything that the station runs now, with what has ended since: in seconds, in steps of ten milliseconds."""
    total = 0
    for pid in station.processes():
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(int(field) for field in fields[11:15])  # its own and that of children that it has waited for
    return total / 100


def _memory(station: Installation) -> float:
    total = 0.0
    for pid in station.processes():
        with suppress(OSError, ValueError, StopIteration):
            if name_of(pid) in ("parked runners", "cluster demo.lanes"):
                total += memory(pid).proportional
    return total
