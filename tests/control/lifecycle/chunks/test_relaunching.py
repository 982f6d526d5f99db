"""A batch over items outlives its lane, within limits, and goes on where it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings

from control.journal.read import read_after
from control.lifecycle.chunks.relaunch import MOST_IDLE_LOSSES
from control.lifecycle.claim import take_over
from control.lifecycle.control_events import record_control_event
from control.lifecycle.stopping import being_stopped
from control.models import Batch, Chunk, ControlEvent, Item, Stream
from control.states import State
from control.worker.spool_follower import BatchFollower
from stations.paths import StationPaths
from tests import spool_lines as lines
from tests.control.lifecycle.chunks.work_over_items import (
    PLAN,
    begun,
    begun_line,
    chunk_states,
    claimed,
    done_line,
    ended_line,
    help_of,
    items,
    step_over,
    try_of,
)
from tests.rows import ANNA, running

pytestmark = pytest.mark.django_db
Tell = Callable[..., BatchFollower]


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR, settings.STATION_PATHS = tmp_path, StationPaths(tmp_path)
    settings.STATION_PATHS.prepare()


def told(*more: Any) -> Batch:
    """These lines are in the spool of the batch's last run, and imported by a supervisor that has just come."""
    stream = take_over(Stream.objects.get(batch=Batch.objects.get()))
    assert stream is not None
    follower = BatchFollower(stream)
    follower.resynchronise()
    lines.write(settings.STATION_PATHS.spool(stream.batch.run_name), more)
    while not follower.over and follower.import_page():
        pass
    return Batch.objects.get()


def crash() -> Any:
    return lines.ended("crashed", message="its runner was killed")


def kinds() -> list[str]:
    return [event.kind for event in read_after(Stream.objects.get(batch=Batch.objects.get()).name)]


def test_batch_goes_on_in_another_run_after_its_lane_was_lost() -> None:
    opened = step_over(25)
    first, _ = claimed(opened, 2)
    batch = told(begun_line(first), done_line(first, 0), crash())
    assert (batch.state, batch.runs, batch.idle_losses, batch.ended_at) == (State.RUNNING, 2, 0, None)
    assert batch.run_name != str(batch.pk)
    assert Stream.objects.get(batch=batch).spool_offset == 0
    assert list(Chunk.objects.values_list("number", "state", "token", "losses")) == [
        (0, "PENDING", 2, 1),
        (1, "PENDING", 2, 0),
    ]
    assert kinds()[-2:] == ["batch.ended", "batch.relaunched"]
    alert = read_after("alerts")[-1]
    assert (alert.kind, alert.level) == ("batch.relaunched", "WARNING")
    assert alert.message == "Its lane was lost, and it goes on: its runner was killed"


def test_what_it_said_before_it_died_in_the_same_page_is_kept() -> None:
    opened = step_over(25)
    done, cut_short = claimed(opened, 2)
    told(*try_of(done), begun_line(cut_short), done_line(cut_short, 10), crash())
    assert chunk_states(opened) == {0: "COMPLETED", 1: "PENDING"}
    assert items(opened) == dict.fromkeys(range(11), "COMPLETED")
    assert Chunk.objects.get(number=1).losses == 1


def test_later_run_tells_of_the_same_items_without_a_second_row() -> None:
    opened = step_over(10)
    [chunk] = claimed(opened)
    told(begun_line(chunk), done_line(chunk, 0), crash())
    told(done_line(chunk, 1))  # a late word of the first claim
    assert items(opened) == {0: "COMPLETED"}
    [again] = claimed(opened)
    told(*try_of(again))
    assert (Item.objects.count(), chunk_states(opened)) == (10, {0: "COMPLETED"})


def test_helping_lanes_keep_their_chunks_when_the_batch_is_begun_again() -> None:
    opened = step_over(25)
    [theirs] = claimed(opened, 1, help_of(opened))
    told(crash())
    theirs.refresh_from_db()
    assert (theirs.state, theirs.token) == ("RUNNING", 1)


def test_batch_that_does_nothing_between_losses_ends() -> None:
    opened = step_over(25)
    for loss in range(1, MOST_IDLE_LOSSES + 1):
        assert told(crash()).idle_losses == loss
    batch = told(crash())
    assert (batch.state, batch.runs) == (State.CRASHED, MOST_IDLE_LOSSES + 1)
    assert claimed(opened) == []


def test_an_item_that_was_done_between_losses_lets_it_go_on() -> None:
    opened = step_over(25)
    for index in range(2 * MOST_IDLE_LOSSES):
        told(crash())
        [chunk] = [chunk for chunk in claimed(opened, 2) if index in chunk.items or index // 10 == chunk.number]
        batch = told(begun_line(chunk), done_line(chunk, index), crash())
        assert (batch.state, batch.idle_losses) == (State.RUNNING, 0)
    assert batch.runs == 4 * MOST_IDLE_LOSSES + 1


@pytest.mark.parametrize("why", ["crashed", "guard_lost", "warden_lost", "lost"])
def test_every_loss_of_a_lane_lets_it_go_on(why: str) -> None:
    step_over(25)
    assert told(lines.ended(why)).state == State.RUNNING


@pytest.mark.parametrize("why", ["stop_expired", "timeout", "limit", "emergency"])
def test_what_was_ended_on_purpose_ends(why: str) -> None:
    step_over(25)
    assert told(lines.ended(why)).state in (State.STOPPED, State.FAILED, State.ABORTED)


@pytest.mark.parametrize("kind", ["BATCH_STOP", "BATCH_RESTART", "EMERGENCY_STOP"])
def test_nothing_goes_on_against_the_wish_to_stop(kind: str) -> None:
    opened = step_over(25)
    record_control_event(ControlEvent.Kind[kind], by=ANNA, reason="enough", batch=opened.batch)
    assert told(crash()).state == State.CRASHED


def test_paused_batch_does_not_begin_to_run_by_itself() -> None:
    step_over(25)
    Batch.objects.update(state=State.PAUSED)
    assert told(crash()).state == State.CRASHED


def test_nothing_goes_on_while_its_station_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    step_over(25)
    monkeypatch.setattr("control.lifecycle.stopping.slots_here", lambda station: ["demo/lane-1"])
    with being_stopped():
        assert told(crash()).state == State.CRASHED


def test_batch_without_a_dataset_ends_with_its_lane() -> None:
    running("demo/lane-1", sequence="step_loop")
    batch = told(crash())
    assert (batch.state, batch.runs) == (State.CRASHED, 1)


def test_steps_that_are_over_stay_as_they_are_in_a_later_run() -> None:
    opened = step_over(5)
    [chunk] = claimed(opened)
    line = lines.line("batch.started", plan=PLAN, total_steps=2, drivers={})
    told(line, lines.step_started(0, "m"), *try_of(chunk), lines.step_ended(0, "m"), crash())
    assert list(Batch.objects.get().steps.values_list("name", "state", "outcome")) == [
        ("m", "ENDED", "PASS"),
        ("n", "PENDING", "NONE"),
    ]
    told(line, lines.step_started(1, "n"))
    assert list(Batch.objects.get().steps.values_list("name", "state")) == [("m", "ENDED"), ("n", "RUNNING")]


def test_step_over_items_that_a_later_run_begins_again_is_the_same() -> None:
    opened = step_over(5)
    [chunk] = claimed(opened)
    told(begun_line(chunk), ended_line(chunk, [0]), crash())
    told(lines.line("items.begun", step=0, name="m", total=5))
    assert begun(opened.batch).pk == opened.pk
    assert Chunk.objects.count() == 1
