"""The spool of a helping lane becomes rows of its batch and lines of its story, exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from control.journal.append import Fenced
from control.journal.kinds import stream_of
from control.journal.read import read_after
from control.lifecycle.chunks.help import end_help, take_over_help
from control.lifecycle.finish import End, finish
from control.models import Chunk, ChunkedStep, ErrorLog, Helper
from control.states import State, StepOutcome
from control.worker.helper_follower import HelperFollower
from stations.paths import StationPaths
from tests import spool_lines as lines
from tests.control.lifecycle.chunks.work_over_items import (
    LANES,
    begun_line,
    claimed,
    done_line,
    help_of,
    items,
    step_over,
    try_of,
)
from tests.rows import demo_station

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> Iterator[None]:
    demo_station(monkeypatch, lanes=3)
    settings.DATA_DIR, settings.STATION_PATHS = tmp_path, StationPaths(tmp_path)
    settings.STATION_PATHS.prepare()
    yield


@pytest.fixture
def helper() -> Helper:
    return help_of(step_over(25))


def chunk_of(helper: Helper) -> Chunk:
    return claimed(helper.chunked_step, 1, helper)[0]


def write(helper: Helper, *more: Any) -> None:
    lines.write(settings.STATION_PATHS.spool(str(helper.pk)), more)


def follow(helper: Helper) -> HelperFollower:
    follower = HelperFollower(helper)
    while not follower.over and follower.import_page():
        pass
    return follower


def story(opened: ChunkedStep) -> list[str]:
    return [event.kind for event in read_after(stream_of(opened.batch_id))][1:]


def test_what_a_lane_tells_stands_in_rows_and_in_the_story_of_the_batch(helper: Helper) -> None:
    chunk = chunk_of(helper)
    told = lines.line("log", step=0, level="INFO", message="half-way", origin="run")
    write(helper, lines.started("m"), lines.step_started(0, "m"), *try_of(chunk, bad=[2]), told)
    follower = follow(helper)
    assert (follower.over, follower.chunks_ended) == (False, 1)
    assert (len(items(helper.chunked_step)), items(helper.chunked_step)[2]) == (10, "FAILED")
    chunk.refresh_from_db()
    assert (chunk.state, chunk.slot_id, chunk.completed_items) == ("FAILED", LANES[1], 9)
    assert story(helper.chunked_step) == ["chunk.ended", "log"]
    assert helper.chunked_step.batch.steps.count() == 0  # its beginning is no step of the batch


@pytest.mark.parametrize("sha256", ["../../secret-key", "0" * 63, None])
def test_item_whose_file_is_none_of_its_folder_is_refused(helper: Helper, sha256: str | None) -> None:
    chunk = chunk_of(helper)
    files = [{"name": "a.png", "media_type": "image/png", "size": 1, "sha256": sha256}]
    good = [{**files[0], "sha256": "0" * 64}]
    write(helper, begun_line(chunk), done_line(chunk, 0, files=files), done_line(chunk, 1, files=good))
    follow(helper)
    assert list(helper.chunked_step.batch.items.values_list("index", "files")) == [(1, good)]


def test_end_of_its_run_frees_the_lane_and_gives_back_what_it_had(helper: Helper) -> None:
    chunk = chunk_of(helper)
    write(helper, begun_line(chunk), done_line(chunk, 0), lines.ended("crashed", message="killed"))
    assert follow(helper).over
    helper.refresh_from_db()
    chunk.refresh_from_db()
    assert (helper.ended_at is None, chunk.state, chunk.losses, chunk.tries) == (False, "PENDING", 1, 0)
    assert items(helper.chunked_step) == {0: "COMPLETED"}
    assert helper.chunked_step.batch.state == State.RUNNING


def test_lane_that_leaves_costs_its_chunk_nothing(helper: Helper) -> None:
    chunk = chunk_of(helper)
    write(helper, begun_line(chunk), done_line(chunk, 0), lines.ended())
    follow(helper)
    chunk.refresh_from_db()
    assert (chunk.state, chunk.losses, chunk.tries) == ("PENDING", 0, 0)


def test_supervisor_that_was_replaced_writes_nothing_more(helper: Helper) -> None:
    chunk = chunk_of(helper)
    old, new = HelperFollower(Helper.objects.get(pk=helper.pk)), take_over_help(helper)
    assert new is not None
    write(helper, *try_of(chunk))
    with pytest.raises(Fenced):
        old.import_page()
    assert items(helper.chunked_step) == {}
    assert (old.resynchronise(), old.over, old.lost) == (False, True, True)
    follower = HelperFollower(new)
    assert follower.resynchronise() and follower.import_page()
    assert len(items(helper.chunked_step)) == 10


def test_next_supervisor_goes_on_where_the_last_one_was(helper: Helper) -> None:
    chunk = chunk_of(helper)
    first, *rest = try_of(chunk, bad=[1])
    write(helper, first, rest[0])
    follow(helper)
    taken = take_over_help(Helper.objects.get(pk=helper.pk))
    assert taken is not None and taken.spool_offset > 0
    write(helper, *rest[1:])
    follow(taken)
    assert (len(items(helper.chunked_step)), story(helper.chunked_step)) == (10, ["chunk.ended"])


def test_lane_that_was_given_up_is_not_heard_any_more(helper: Helper) -> None:
    chunk = chunk_of(helper)
    follower = HelperFollower(helper)
    end_help(helper, lost=True, at=helper.began_at)
    write(helper, *try_of(chunk))
    with pytest.raises(Fenced):
        follower.import_page()
    assert (follower.resynchronise(), follower.lost, items(helper.chunked_step)) == (False, True, {})


def test_what_a_lane_says_after_the_end_of_its_batch_is_dropped(helper: Helper) -> None:
    chunk = chunk_of(helper)
    opened = helper.chunked_step
    finish(opened.batch_id, End(State.STOPPED, StepOutcome.NONE, opened.began_at))
    told = story(opened)
    write(helper, *try_of(chunk), lines.ended())
    assert follow(helper).over
    assert (items(opened), story(opened), ErrorLog.objects.count()) == ({}, told, 0)
