"""Lanes that help: whom, for how long, and what becomes of their chunks when they go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from django_q.models import OrmQ

from control.housekeeping.sweep import sweep, wake_abandoned
from control.journal.append import Fenced
from control.lifecycle.chunks.help import (
    LOST_AFTER,
    end_help,
    end_lost_help,
    join,
    must_leave,
    needing_help,
    show_help_lives,
    take_over_help,
    why_leave,
)
from control.lifecycle.presence import Presence
from control.models import Batch, Chunk, ChunkedStep, ControlEvent, Helper
from control.states import State
from stations.models import Slot, Station
from tests.control.lifecycle.chunks.work_over_items import (
    LANES,
    begun_line,
    claimed,
    done_line,
    help_of,
    items,
    settle,
    slot,
    step_over,
    try_of,
)
from tests.rows import OUT, queued

pytestmark = pytest.mark.django_db
Priority = Batch.Priority


def anything(batch: Batch) -> bool:
    return True


def joined(lane: str = LANES[2], can_work: Any = anything) -> ChunkedStep | None:
    helper = join(slot(lane), can_work)
    return helper.chunked_step if helper else None


def test_free_lane_helps_what_has_something_left() -> None:
    opened = step_over(25)
    assert joined() == opened
    helper = Helper.objects.get()
    assert (helper.slot_id, helper.generation, helper.spool_offset, helper.ended_at) == (LANES[2], 1, 0, None)


@pytest.mark.parametrize(
    "change",
    [
        lambda opened: ChunkedStep.objects.update(uncut_items=0),
        lambda opened: ChunkedStep.objects.update(over=True),
        lambda opened: Batch.objects.update(state=State.PAUSED),
        lambda opened: Batch.objects.update(items_options={**opened.batch.items_options, "lanes": 1}),
        lambda opened: Slot.objects.filter(pk=LANES[2]).update(taken_out=OUT),
    ],
)
def test_lane_stays_free_where_nobody_needs_it(change: Any) -> None:
    opened = step_over(25)
    change(opened)
    assert joined() is None


def test_only_lanes_help_and_none_its_own_batch() -> None:
    step_over(25)
    assert (joined("demo/slot-1"), joined(LANES[0])) == (None, None)


def test_chunk_to_be_tried_again_is_something_left() -> None:
    opened = step_over(10)
    chunk = claimed(opened)[0]
    assert joined() is None
    settle(opened.batch_id, try_of(chunk, failed=[3]))
    assert joined() == opened


def test_the_most_urgent_batch_is_helped_first_then_that_with_the_fewest_lanes() -> None:
    first, second = step_over(25), step_over(25, lane=LANES[1])
    assert joined() == first  # of two alike, the older one
    Helper.objects.all().delete()
    help_of(first, LANES[0])
    assert joined() == second
    Helper.objects.filter(slot=LANES[2]).delete()
    Batch.objects.filter(pk=first.batch_id).update(priority=Priority.HIGH)
    assert joined() == first


def test_its_own_station_goes_before_a_more_urgent_one_elsewhere() -> None:
    far, near = step_over(25, priority=Priority.URGENT), step_over(25, lane=LANES[1])
    other = Station.objects.create(name="other", host="far-pc", time_zone="UTC", configuration={})
    Batch.objects.filter(pk=far.batch_id).update(station=other)
    assert joined() == near
    ChunkedStep.objects.filter(pk=near.pk).update(over=True)
    Helper.objects.all().delete()
    assert joined() == far


def test_batch_whose_files_are_out_of_reach_is_passed_over() -> None:
    far, near = step_over(25), step_over(25, lane=LANES[1])
    assert joined(can_work=lambda batch: batch.pk != far.batch_id) == near
    Helper.objects.all().delete()
    assert joined(can_work=lambda batch: False) is None


def test_lanes_come_up_to_the_limit_of_the_batch() -> None:
    opened = step_over(25, lanes=2)
    assert (joined(LANES[1]), joined(LANES[2])) == (opened, None)
    end_help(Helper.objects.get(), lost=False, at=timezone.now())
    assert joined(LANES[2]) == opened


def test_lane_stays_while_nothing_better_comes() -> None:
    helper = help_of(step_over(25))
    assert why_leave(helper, None, anything) is None


def test_lane_leaves_at_once_what_is_over_or_paused() -> None:
    opened = step_over(25)
    helper = help_of(opened)
    Batch.objects.update(state=State.PAUSED)
    assert must_leave(helper)
    Batch.objects.update(state=State.RUNNING)
    assert not must_leave(helper)
    ChunkedStep.objects.update(over=True)
    assert must_leave(helper)


@pytest.mark.parametrize("kind", ["BATCH_PAUSE", "BATCH_STOP", "BATCH_RESTART"])
def test_lane_leaves_at_once_when_somebody_wants_its_batch_to_halt(kind: str) -> None:
    helper = help_of(opened := step_over(25))
    about = {"batch": opened.batch, "kind": kind, "by": "somebody", "face": "PAGE"}
    wish = ControlEvent.objects.create(**about, requested_at=timezone.now())
    assert must_leave(helper)
    ControlEvent.objects.filter(pk=wish.pk).update(after={"note": "it came too late"})
    assert not must_leave(helper)


def test_lane_leaves_at_once_when_a_live_parameter_changes() -> None:
    opened = step_over(25)
    Batch.objects.update(settings={"limit": 2})
    helper = join(slot(LANES[1]), anything)
    assert helper is not None and not must_leave(helper)
    Batch.objects.update(settings={"limit": 3})
    assert must_leave(Helper.objects.get(chunked_step=opened))  # also to a supervisor that has just taken it over


@pytest.mark.parametrize(
    ("priority", "leaves"), [(Priority.LOW, False), (Priority.NORMAL, True), (Priority.URGENT, True)]
)
def test_lane_leaves_for_a_batch_that_waits_for_it(priority: Batch.Priority, leaves: bool) -> None:
    helper = help_of(step_over(25))
    waits = queued("step_loop", slot=LANES[1], priority=priority)
    why = "another batch waits for this lane" if leaves else None
    assert why_leave(helper, waits, anything) == why


def test_lane_leaves_for_a_low_batch_that_has_waited_long_enough() -> None:
    helper = help_of(step_over(25))
    waits = queued("step_loop", slot=LANES[1], priority=Priority.LOW)
    Batch.objects.filter(pk=waits.pk).update(queued_as_of=timezone.now() - timedelta(hours=1))
    assert why_leave(helper, waits, anything) == "another batch waits for this lane"


def test_lane_helps_an_urgent_batch_however_long_others_have_waited() -> None:
    helper = help_of(step_over(25, priority=Priority.URGENT))
    waits = queued("step_loop", slot=LANES[1], priority=Priority.HIGH)
    Batch.objects.filter(pk=waits.pk).update(queued_as_of=timezone.now() - timedelta(days=1))
    assert why_leave(helper, waits, anything) is None


def test_lane_leaves_for_a_more_urgent_batch_that_needs_help() -> None:
    helper = help_of(step_over(25), LANES[2])
    urgent = step_over(25, lane=LANES[1], priority=Priority.URGENT)
    assert why_leave(helper, None, anything) == "a more urgent batch needs help"
    assert why_leave(helper, None, lambda batch: False) is None
    ChunkedStep.objects.filter(pk=urgent.pk).update(uncut_items=0)
    assert why_leave(helper, None, anything) is None


def test_lane_leaves_for_the_first_of_more_urgent_batches_that_it_can_work_on() -> None:
    helper = help_of(step_over(25), LANES[2])
    out_of_reach = step_over(25, lane=LANES[1], priority=Priority.URGENT)
    assert why_leave(helper, None, lambda batch: batch.pk != out_of_reach.batch_id) is None
    step_over(25, lane="demo/slot-1", priority=Priority.HIGH)
    why = why_leave(helper, None, lambda batch: batch.pk != out_of_reach.batch_id)
    assert why == "a more urgent batch needs help"


def test_lane_leaves_for_a_batch_with_two_lanes_less_and_not_for_one_less() -> None:
    first = step_over(25)
    helper = help_of(first, LANES[2])
    second = step_over(25, lane=LANES[1])
    assert why_leave(helper, None, anything) is None  # two against one: leaving would only turn it round
    help_of(first, "demo/slot-1")
    assert why_leave(helper, None, anything) == "another batch has fewer lanes"
    Batch.objects.filter(pk=second.batch_id).update(priority=Priority.LOW)
    assert why_leave(helper, None, anything) is None


def test_taking_over_a_helping_lane_succeeds_once() -> None:
    helper = help_of(step_over(25))
    seen = Helper.objects.get(pk=helper.pk)
    taken = take_over_help(helper)
    assert taken is not None and taken.generation == 2
    assert take_over_help(seen) is None
    end_help(taken, lost=False, at=timezone.now())
    assert take_over_help(taken) is None


def test_end_of_help_gives_its_chunks_back_and_no_others() -> None:
    opened = step_over(40)
    helper, other = help_of(opened), help_of(opened, LANES[2])
    [mine, ahead], [theirs], [own] = claimed(opened, 2, helper), claimed(opened, 1, other), claimed(opened, 1)
    settle(opened.batch_id, [begun_line(mine), done_line(mine, 0)], LANES[1])
    end_help(helper, lost=True, at=timezone.now())
    end_help(helper, lost=True, at=timezone.now())  # a second word of it changes nothing
    assert list(Chunk.objects.values_list("state", "losses", "token")) == [
        ("PENDING", 1, 2), ("PENDING", 0, 2), ("RUNNING", 0, 1), ("RUNNING", 0, 1),
    ]  # fmt: skip
    assert (items(opened), [mine.number, ahead.number, theirs.number, own.number]) == ({0: "COMPLETED"}, [0, 1, 2, 3])


def test_lane_without_a_sign_of_life_loses_its_chunks() -> None:
    opened = step_over(40)
    silent, lively = help_of(opened), help_of(opened, LANES[2])
    [chunk], [other] = claimed(opened, 1, silent), claimed(opened, 1, lively)
    settle(opened.batch_id, [begun_line(chunk)], LANES[1])
    assert end_lost_help(opened.batch) == 0
    Helper.objects.update(seen_at=timezone.now() - LOST_AFTER - timedelta(seconds=5))
    show_help_lives(lively)
    assert (end_lost_help(opened.batch), end_lost_help(opened.batch)) == (1, 0)
    chunk.refresh_from_db(), other.refresh_from_db()
    assert (chunk.state, chunk.losses, other.state) == ("PENDING", 1, "RUNNING")
    assert list(Helper.objects.filter(ended_at=None)) == [lively]


def test_sign_of_life_of_a_supervisor_that_was_replaced_counts_for_nothing() -> None:
    helper = help_of(step_over(25))
    replaced = Helper.objects.get(pk=helper.pk)
    assert take_over_help(helper) is not None
    long_ago = timezone.now() - timedelta(hours=1)
    Helper.objects.update(seen_at=long_ago)
    show_help_lives(replaced)
    assert Helper.objects.get().seen_at == long_ago


def test_other_steps_are_found_for_a_lane_in_few_queries(django_assert_num_queries: Any) -> None:
    step_over(25), step_over(25, lane=LANES[1])
    lane = slot(LANES[2])
    with django_assert_num_queries(1):
        found = list(needing_help(lane)[:5])
        assert len({step.batch.dataset.name for step in found}) == 1


def test_sweep_wakes_lanes_that_could_help_and_those_that_help_alone() -> None:
    opened = step_over(25)
    with Presence(opened.batch_id, LANES[0]):
        OrmQ.objects.all().delete()
        assert sweep("demo") == [LANES[1], LANES[2]]
        OrmQ.objects.all().delete()
        helper = help_of(opened)
        ChunkedStep.objects.update(uncut_items=0)
        assert sweep("demo") == [LANES[1]]
        with Presence(helper.pk, LANES[1]):
            assert sweep("demo") == []


def test_helping_lane_whose_supervisor_died_is_woken_at_once() -> None:
    helper = help_of(step_over(25))
    sign = settings.STATION_PATHS.supervisors / str(helper.pk)
    sign.parent.mkdir(parents=True, exist_ok=True)
    sign.write_text(LANES[1])
    OrmQ.objects.all().delete()
    assert wake_abandoned("demo") == [LANES[1]]
    Helper.objects.update(ended_at=timezone.now())
    assert (wake_abandoned("demo"), sign.exists()) == ([], False)


def test_lane_that_was_given_up_claims_nothing_more() -> None:
    """Nor is it told that nothing is left: whoever was replaced would send the run away that somebody else feeds."""
    opened = step_over(40)
    helper = help_of(opened)
    replaced = Helper.objects.get(pk=helper.pk)
    assert take_over_help(helper) is not None
    with pytest.raises(Fenced):
        claimed(opened, 1, replaced)
    assert len(claimed(opened, 1, helper)) == 1
    end_help(helper, lost=True, at=timezone.now())
    with pytest.raises(Fenced):
        claimed(opened, 1, helper)
    assert Chunk.objects.filter(state="RUNNING").count() == 0
