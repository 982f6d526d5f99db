"""Clearing what was not confirmed: an engineer's reset with a reason, recorded before and after, here or elsewhere."""

from __future__ import annotations

import pytest
from django.conf import settings

from control.housekeeping.unsafe import SafetyWatch, import_stories, mirror_unsafe
from control.journal.kinds import ALERTS, SAFETY
from control.journal.read import read_after
from control.lifecycle.refusals import NotAllowed, UnknownName, WrongState
from control.lifecycle.safety.clearing import record_clearing, unsafe_slots, wanted_clearing
from control.lifecycle.safety.emergency import new_latch
from control.lifecycle.safety.making_safe import make_safe
from control.lifecycle.safety.press import reset
from control.models import ControlEvent
from stations.contracts import SafeReason
from stations.models import Slot
from stations.safety.latch import latch_slot
from stations.safety.on_demand import NOBODY
from stations.safety.slot_story import SlotStory
from stations.safety.unsafe_mark import UnsafeMark, read_unsafe
from tests.control.hosts import this_host_has
from tests.rows import ANNA, running

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("station_with_files")]

SLOT, OTHER = "demo/slot-1", "demo/slot-2"
STUCK = {"confirmed": False, "wrote": ["OUTP OFF"], "read": ["OUTP? 1"], "error": "it is on", "took_ms": 900.0}
OFF = {"confirmed": True, "wrote": ["OUTP OFF"], "read": ["OUTP? 0"], "error": None, "took_ms": 3.0}


def mark(slot: str = SLOT) -> UnsafeMark:
    """As its guard leaves it."""
    held = UnsafeMark(settings.STATION_PATHS, slot)
    held.note({"confirmed": False, "instruments": {"supply-1": STUCK, "load-1": OFF}}, SafeReason.RUN)
    return held


def alerts() -> list[tuple[str, str]]:
    return [(event.level, event.message) for event in read_after(ALERTS)]


def test_mark_reaches_row_and_alerts_once_and_leaves_with_its_file():
    held = mark()
    watch = SafetyWatch("demo")
    for _ in range(2):
        watch.turn()
    row = Slot.objects.get(pk=SLOT)
    assert row.unsafe == held.held
    assert alerts() == [("ERROR", f"{SLOT}: SAFE STATE NOT CONFIRMED: supply-1: it is on")]
    held.note({"confirmed": True, "instruments": {"supply-1": OFF}}, SafeReason.RUN)
    watch.turn()
    by_now = f"{SLOT}: confirmed OFF by now: supply-1. An engineer has to clear it, with a reason."
    assert alerts()[1:] == [("WARNING", by_now)]
    held.clear()
    watch.turn()
    assert (Slot.objects.get(pk=SLOT).unsafe, len(alerts())) == (None, 2)


def test_reset_by_an_operator_is_refused_where_there_is_nothing_else_to_lift():
    mark()
    with this_host_has(SLOT), pytest.raises(NotAllowed) as refusal:
        reset(SLOT, by=ANNA, reason="looks fine")
    assert str(refusal.value).startswith(f"The safe state of {SLOT} was not confirmed. Only an engineer clears that")
    assert (refusal.value.status, ControlEvent.objects.count()) == (403, 0)


def test_reset_by_an_operator_lifts_the_latch_and_leaves_the_mark():
    mark()
    with this_host_has(SLOT):
        latch_slot(settings.STATION_PATHS, SLOT, new_latch(SLOT, by=ANNA))
        reset(SLOT, by=ANNA, reason="looks fine")
        assert list(unsafe_slots("all")) == [SLOT]
    kinds = list(ControlEvent.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["EMERGENCY_STOP", "RESET"]


def test_reset_by_an_engineer_is_recorded_with_before_and_after_also_when_nobody_answers():
    held = mark()
    with this_host_has(SLOT):
        answers = reset(SLOT, by=ANNA, reason="supply replaced", clears=True)
    assert answers == {SLOT: NOBODY}
    event = ControlEvent.objects.get(kind="CLEAR_UNSAFE")
    assert (event.scope, event.reason, event.before) == (SLOT, "supply replaced", {SLOT: held.held})
    assert (event.after, event.obeyed_at) == ({SLOT: {"cleared": False, "proof": None}}, None)
    assert alerts()[-1] == ("ERROR", f"{SLOT} could not be cleared for anna: its safe state is still not confirmed")
    assert held.held == read_unsafe(settings.STATION_PATHS, SLOT)


def test_clearing_asked_for_on_another_host_is_carried_out_once():
    held = mark().held
    slot = Slot.objects.get(pk=SLOT)
    assert wanted_clearing(slot, held) is None
    event = record_clearing("demo", {SLOT: held}, by=ANNA, reason="seen to")  # by a host without guards
    assert wanted_clearing(slot, held) == event
    mirror_unsafe("demo")  # nobody answers here, which is an answer too
    assert wanted_clearing(slot, held) is None
    with this_host_has(SLOT):
        here = record_clearing("demo", {SLOT: held}, by=ANNA, reason="by hand")
    assert (here.details, wanted_clearing(slot, held)) == ({"here": [SLOT]}, None)


def test_wish_to_clear_an_older_mark_does_not_clear_a_newer_one():
    held = mark()
    record_clearing(SLOT, {SLOT: held.held}, by=ANNA, reason="seen to")
    held.clear()
    assert wanted_clearing(Slot.objects.get(pk=SLOT), mark().held) is None


def test_story_of_a_slot_is_imported_once_with_its_proof():
    story = SlotStory(settings.STATION_PATHS.slot(SLOT).story)
    story.tell_safe_state({"confirmed": True, "instruments": {"supply-1": OFF}}, SafeReason.START, "")
    story.tell_safe_state({"confirmed": False, "instruments": {"supply-1": STUCK}}, SafeReason.DEMAND, "asked")
    story.write()
    for _ in range(2):
        import_stories("demo")
    with settings.STATION_PATHS.slot(SLOT).story.open("a") as file:
        file.write('torn\n{"k":')
    import_stories("demo")
    told = [(event.level, event.message) for event in read_after(SAFETY)]
    assert told == [
        ("INFO", f"{SLOT}: safe state confirmed: supply-1"),
        ("ERROR", f"{SLOT}: SAFE STATE NOT CONFIRMED: supply-1: it is on"),
    ]
    last = read_after(SAFETY)[-1].data
    assert (last["slot"], last["why"], last["control"]) == (SLOT, "demand", "asked")
    assert last["instruments"] == {"supply-1": STUCK}


def test_story_that_begins_anew_is_read_from_its_beginning():
    Slot.objects.filter(pk=SLOT).update(story_offset=10_000)
    story = SlotStory(settings.STATION_PATHS.slot(SLOT).story)
    story.tell_safe_state({"confirmed": True, "instruments": {"supply-1": OFF}}, SafeReason.START, "")
    story.write()
    import_stories("demo")
    assert len(read_after(SAFETY)) == 1


def test_making_safe_is_refused_while_a_batch_runs_and_where_no_guard_is():
    with pytest.raises(WrongState, match="No guard of demo/slot-1 runs on this host"):
        make_safe(SLOT, by=ANNA)
    stream = running(SLOT)
    with this_host_has(SLOT, OTHER):
        sentence = f"{stream.batch.name} runs on {SLOT}. Stop it first, or press the emergency stop"
        with pytest.raises(WrongState, match=sentence):
            make_safe("demo", by=ANNA)
        with pytest.raises(UnknownName):
            make_safe("demo/nonsense", by=ANNA)
    assert not ControlEvent.objects.filter(kind="MAKE_SAFE").exists()


def test_nothing_is_made_safe_or_cleared_while_another_slot_uses_a_shared_instrument():
    Slot.objects.filter(pk=OTHER).update(instruments={"supply": "supply-1"})
    stream = running(SLOT)
    used = f"supply-1 of {OTHER} is used by {stream.batch.name} on {SLOT}. Wait for its end, or stop it."
    with this_host_has(SLOT, OTHER), pytest.raises(WrongState) as refusal:
        make_safe(OTHER, by=ANNA)
    assert str(refusal.value) == used
    mark(OTHER)
    with this_host_has(SLOT, OTHER), pytest.raises(WrongState) as refusal:
        reset("demo", by=ANNA, reason="supply replaced", clears=True)
    assert str(refusal.value) == used
    assert not ControlEvent.objects.filter(kind__in=("RESET", "CLEAR_UNSAFE")).exists()


def test_making_safe_is_recorded_with_what_was_answered():
    with this_host_has(SLOT):
        made = make_safe(SLOT, by=ANNA, reason="before I touch it")
    event = ControlEvent.objects.get(kind="MAKE_SAFE")
    assert (made.event, made.answers) == (event, {SLOT: NOBODY})
    assert (event.reason, event.after) == ("before I touch it", {SLOT: {"safe": None, "problem": NOBODY}})
