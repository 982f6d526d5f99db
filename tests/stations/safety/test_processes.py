from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from stations.safety.processes import ProcessMark
from tests.stations.safety.station_under_test import members, wait_until

SUBREAPER = """
import subprocess, sys, time
from stations.safety.processes import become_subreaper, kill_strays
become_subreaper()
keep = subprocess.Popen(["sleep", "30"])
subprocess.run(["sh", "-c", "setsid sleep 31 & setsid sleep 32 &"])
print(kill_strays(keep=[keep.pid], patience_s=1.0), keep.poll())
keep.kill()
"""


def test_mark_tells_a_process_from_its_successor():
    mark = ProcessMark.of(os.getpid())
    assert mark.lives()
    assert not ProcessMark(os.getpid(), "another boot/1").lives()
    assert ProcessMark.load(mark.dump()) == mark


def test_mark_of_nonsense_is_none():
    assert [ProcessMark.load(content) for content in (None, {}, {"pid": "x", "start": 1}, 7)] == [None] * 4


def test_dead_process_is_not_killed_again():
    child = subprocess.Popen(["sleep", "30"])
    mark = ProcessMark.of(child.pid)
    assert mark.kill()
    child.wait()
    assert not mark.kill()


def test_strays_of_a_subreaper_are_killed_and_others_kept():
    found = subprocess.run([sys.executable, "-c", SUBREAPER], capture_output=True, text=True, cwd=Path.cwd())
    assert found.stdout == "True None\n", found.stderr


def test_group_is_killed_after_the_death_of_its_leader():
    command = ["sh", "-c", "sleep 33 & echo; exec sleep 34"]
    with subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE) as leader:
        mark = ProcessMark.of(leader.pid)
        leader.stdout.readline()
        leader.kill()
    assert mark.kill_group()
    # Who adopts the orphan may take its time to reap it, and a zombie can still be signalled.
    wait_until(lambda: not members(mark.pid))


def test_group_of_another_boot_is_let_alone():
    assert not ProcessMark(os.getpgid(0), "another boot/1").kill_group()
