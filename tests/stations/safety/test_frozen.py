"""Who lives but does not work is found, and who works is not."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stations.safety import frozen
from stations.safety.frozen import FrozenWatch, Sign, Watched, show_life
from stations.safety.processes import ProcessMark
from tests.stations.safety.station_under_test import wait_until

AT_ONCE = dict.fromkeys(Sign, 0.0)
NEVER = dict.fromkeys(Sign, 60.0)


@pytest.fixture
def cluster() -> Iterator[subprocess.Popen[bytes]]:
    """A group of two processes."""
    process = subprocess.Popen(["sh", "-c", "sleep 60; exit 1"], start_new_session=True)
    wait_until(lambda: children(process.pid))
    yield process
    os.killpg(process.pid, signal.SIGKILL)  # its zombie at least is still there
    process.wait()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def watched(process: subprocess.Popen[bytes], *, workers: bool = True) -> dict[str, Watched]:
    mark = ProcessMark.of(process.pid)
    assert mark is not None
    return {"cluster": Watched(mark, workers)}


def test_working_cluster_is_not_found(cluster: subprocess.Popen[bytes]) -> None:
    watch, whom = FrozenWatch(AT_ONCE), watched(cluster)
    assert [watch.find(whom), watch.find(whom)] == [{}, {}]


def test_cluster_with_a_stopped_worker_is_found(cluster: subprocess.Popen[bytes]) -> None:
    os.kill(children(cluster.pid)[0], signal.SIGSTOP)
    assert wait_until(lambda: FrozenWatch(AT_ONCE).find(watched(cluster))) == {"cluster": "stopped"}


def test_stopped_process_below_one_that_works_by_itself_is_no_concern(cluster: subprocess.Popen[bytes]) -> None:
    os.kill(children(cluster.pid)[0], signal.SIGSTOP)
    assert FrozenWatch(AT_ONCE).find(watched(cluster, workers=False)) == {}


def test_cluster_that_hangs_beside_its_dead_workers_is_found(cluster: subprocess.Popen[bytes]) -> None:
    watch, whom = FrozenWatch(AT_ONCE), watched(cluster)
    assert watch.find(whom) == {}
    os.kill(cluster.pid, signal.SIGSTOP)  # it cannot bury its dead
    os.kill(children(cluster.pid)[0], signal.SIGKILL)
    assert wait_until(lambda: watch.find(whom).get("cluster") == "alone beside its dead workers")


def test_cluster_that_starts_gets_more_time_than_one_that_lost_its_workers() -> None:
    with subprocess.Popen(["sleep", "60"]) as starting:
        watch = FrozenWatch(AT_ONCE | {Sign.BARREN: 60.0})
        assert [watch.find(watched(starting)), watch.find(watched(starting))] == [{}, {}]
        assert FrozenWatch(AT_ONCE).find(watched(starting)) == {"cluster": "without workers"}
        starting.kill()


def test_cluster_gets_time_before_it_is_found(cluster: subprocess.Popen[bytes]) -> None:
    os.killpg(cluster.pid, signal.SIGSTOP)
    watch = FrozenWatch(NEVER)
    assert [watch.find(watched(cluster)), watch.find(watched(cluster))] == [{}, {}]


def test_silence_begins_anew_with_every_beat(tmp_path: Path) -> None:
    mark, heart = ProcessMark.of(os.getpid()), tmp_path / "heart"
    assert mark is not None
    whom = {"me": Watched(mark, heartbeat=heart, silent_s=0.2)}
    watch = FrozenWatch()
    assert watch.find(whom) == {}  # no heart, no judgement
    show_life(heart)
    assert watch.find(whom) == {}
    assert wait_until(lambda: watch.find(whom)) == {"me": "silent"}
    show_life(heart)
    assert watch.find(whom) == {}


def test_watch_that_was_stopped_itself_blames_nobody(
    cluster: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    os.killpg(cluster.pid, signal.SIGSTOP)
    watch = FrozenWatch({**NEVER, Sign.STOPPED: 1e-9})
    watch.find(watched(cluster))
    monkeypatch.setattr(frozen, "OWN_PAUSE_S", 0.0)
    assert watch.find(watched(cluster)) == {}
