"""States: at once, then only what changed, at most twice a second, computed once for all who watch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from django.utils import timezone

from control.history.overview import read_overview
from control.history.slots import read_slots
from control.live import snapshots
from control.live.snapshots import Snapshot, without_clock
from control.models import Batch
from control.states import State
from stations.models import Slot, Station
from tests.control.live.sockets import Socket, Web
from tests.rows import OUT, demo_station, queued, running


@pytest.fixture(autouse=True)
def station(web: Web, monkeypatch) -> Iterator[Station]:
    """Without a heart that beats: nothing changes by itself."""
    yield demo_station(monkeypatch)


def test_get_answers_once_with_the_state(socket: Socket):
    socket.say("get", what="slots")
    assert socket.hear() == {"t": "snap", "what": "slots", "data": read_slots()}
    queued()
    assert socket.hears_nothing(1.2)


def test_what_is_unsafe_is_a_state_of_its_own(socket: Socket):
    mark = {"since": 1.0, "why": "run", "problems": {"supply-1": "it is on"}, "confirmed_at": None, "refused": ""}
    Slot.objects.filter(pk="demo/slot-1").update(unsafe=mark)
    socket.say("get", what="unsafe")
    [told] = socket.hear()["data"]
    assert (told["id"], told["unsafe"]["since"]) == ("demo/slot-1", "1970-01-01T00:00:01Z")


def test_the_overview_is_what_the_page_reads(socket: Socket):
    queued()
    socket.say("get", what="overview")
    told = socket.hear()["data"]
    assert without_clock(told) == without_clock(read_overview(timezone.now()))


@pytest.mark.parametrize("name", ["", "Overview", "board", "models"])
def test_get_of_an_unknown_state_is_refused(socket: Socket, name: str):
    socket.say("get", what=name)
    error = socket.hear()
    assert (error["code"], error["s"]) == (4404, name)


def test_a_state_is_told_at_once_and_then_when_it_changes(socket: Socket):
    socket.say("sub", "overview")
    assert socket.hear()["data"]["counts"]["queued"] == 0
    socket.say("more", "overview")
    assert socket.hears_nothing(1.5)
    queued()
    assert socket.hear()["data"]["counts"]["queued"] == 1


def test_a_change_waits_for_credit_and_only_the_latest_counts(socket: Socket):
    socket.say("sub", "overview")
    socket.hear()
    for _ in range(3):
        queued()
    assert socket.hears_nothing(1.5)
    socket.say("more", "overview")
    assert socket.hear()["data"]["counts"]["queued"] == 3


def test_what_rings_no_bell_is_found_within_a_second(socket: Socket):
    socket.say("sub", "slots")
    socket.hear()
    socket.say("more", "slots")
    Slot.objects.filter(pk="demo/slot-1").update(taken_out=OUT)
    told = {slot["id"]: slot["state"] for slot in socket.hear()["data"]}
    assert told["demo/slot-1"] == "OUT_OF_SERVICE"


def test_everybody_who_watches_shares_one_computation(web: Web, key: str, monkeypatch):
    computed: list[float] = []
    read = snapshots._READ["overview"]
    monkeypatch.setitem(snapshots._READ, "overview", lambda: computed.append(time.monotonic()) or read())
    sockets = [web.enter(key) for _ in range(10)]
    for socket in sockets:
        socket.say("sub", "overview")
        socket.hear()
        socket.say("more", "overview")
    for _ in range(5):
        queued()
    told = {socket.hear()["data"]["counts"]["queued"] for socket in sockets}
    assert len(told) == 1
    assert min(b - a for a, b in pairwise(computed)) >= snapshots.LEAST_S


def test_the_clock_of_what_runs_goes_on(socket: Socket):
    running()
    socket.say("sub", "overview")
    first = socket.hear()["data"]
    socket.say("more", "overview")
    second = socket.hear()["data"]
    assert without_clock(first) == without_clock(second)
    assert second["live"][0]["elapsed_s"] > first["live"][0]["elapsed_s"]


def test_time_alone_changes_nothing_while_nothing_runs():
    queued()
    snapshot = Snapshot("overview")
    assert [snapshot.look() for _ in range(3)] == [True, False, False]


def test_time_alone_is_told_once_a_second(monkeypatch):
    running()
    snapshot = Snapshot("overview")
    told = []
    for clock_s in (3600.0, 3600.0, 0.0):
        monkeypatch.setattr(snapshots, "CLOCK_S", clock_s)
        time.sleep(0.2)  # long enough for another tenth of a second to be shown
        told.append(snapshot.look())
    assert told == [True, False, True]


def test_a_change_is_told_whenever_it_is_seen():
    batch = running().batch
    snapshot = Snapshot("overview")
    assert snapshot.look()
    Batch.objects.filter(pk=batch.pk).update(progress=0.5)
    assert snapshot.look()


def test_looks_follow_faster_while_something_runs():
    snapshot = Snapshot("slots")
    snapshot.look()
    assert snapshot.due_at() - snapshot._looked_at == snapshots.IDLE_S
    running()
    snapshot.look()
    assert snapshot.due_at() - snapshot._looked_at == snapshots.LEAST_S


def test_a_bell_brings_the_next_look_forward():
    snapshot = Snapshot("overview")
    snapshot.look()
    snapshot.rung = True
    assert snapshot.due_at() - snapshot._looked_at == snapshots.LEAST_S


def test_a_state_and_the_stream_whose_bell_it_hears_are_followed_together(socket: Socket):
    for stream in ("board", "overview"):
        socket.say("sub", stream)
        socket.hear()
        socket.say("more", stream)
    batch = queued()
    heard = {frame["t"]: frame for frame in (socket.hear(), socket.hear())}
    assert heard["ev"]["e"][0]["data"]["batch"] == str(batch.pk)
    assert heard["snap"]["data"]["live"][0]["state"] == State.QUEUED
