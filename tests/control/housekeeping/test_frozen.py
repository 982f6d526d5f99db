"""A cluster that lives but does not work is killed as a whole; one that works is left alone."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from control.housekeeping import frozen
from control.housekeeping.frozen import ClusterWatch
from stations.safety.durable import write_json
from stations.safety.processes import ProcessMark
from tests.installations import alive, wait_until

NAME = "demo.slots"


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frozen, "STOPPED_FOR_S", 0.0)
    monkeypatch.setattr(frozen, "ALONE_FOR_S", 0.0)


@pytest.fixture
def cluster() -> Iterator[subprocess.Popen[bytes]]:
    """A group of two processes that the warden's file names."""
    settings.STATION_PATHS.prepare()
    process = subprocess.Popen(["sh", "-c", "sleep 60; exit 1"], start_new_session=True)
    wait_until(lambda: children(process.pid))
    write_json(settings.STATION_PATHS.warden_state, {NAME: ProcessMark.of(process.pid).dump()})
    yield process
    os.killpg(process.pid, signal.SIGKILL)  # its zombie at least is still there
    process.wait()
    settings.STATION_PATHS.warden_state.unlink()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_working_cluster_is_left_alone(cluster: subprocess.Popen[bytes]) -> None:
    watch = ClusterWatch([NAME])
    assert [watch.end_frozen(), watch.end_frozen()] == [[], []]
    assert alive(cluster.pid)


def test_cluster_with_a_stopped_worker_is_killed(cluster: subprocess.Popen[bytes]) -> None:
    (worker,) = children(cluster.pid)
    os.kill(worker, signal.SIGSTOP)
    watch = ClusterWatch([NAME])
    assert wait_until(watch.end_frozen) == [NAME]
    wait_until(lambda: not alive(worker) and not alive(cluster.pid))


def test_cluster_that_hangs_beside_its_dead_workers_is_killed() -> None:
    settings.STATION_PATHS.prepare()
    process = subprocess.Popen(["sh", "-c", "sleep 0 & exec sleep 60"], start_new_session=True)
    write_json(settings.STATION_PATHS.warden_state, {NAME: ProcessMark.of(process.pid).dump()})
    assert wait_until(ClusterWatch([NAME]).end_frozen) == [NAME]
    assert process.wait() == -signal.SIGKILL
    settings.STATION_PATHS.warden_state.unlink()


def test_cluster_gets_time_before_it_is_killed(
    cluster: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frozen, "STOPPED_FOR_S", 60.0)
    os.killpg(cluster.pid, signal.SIGSTOP)
    watch = ClusterWatch([NAME])
    assert [watch.end_frozen(), watch.end_frozen()] == [[], []]


def test_clusters_of_a_station_that_does_not_run_are_no_concern() -> None:
    settings.STATION_PATHS.prepare()
    assert ClusterWatch([NAME]).end_frozen() == []
