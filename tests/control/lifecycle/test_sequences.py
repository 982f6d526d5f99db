"""Taking a sequence out of use and letting it be used again."""

from __future__ import annotations

import pytest
from django.utils import timezone

from control.lifecycle.follow import Mode, rerun_batch
from control.lifecycle.refusals import BadValue, NotFound, WrongState
from control.lifecycle.schedules.firing import fire_schedule
from control.lifecycle.sequences import enable_sequence
from control.models import Batch, ControlEvent, Schedule, Sequence
from control.states import State
from tests.rows import ANNA, demo_station, queued, scheduled

pytestmark = pytest.mark.django_db

SENTENCE = "Sequence 'step_loop' is disabled (anna: limits are wrong). An engineer can enable it again."


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def disable(name: str = "step_loop", reason: str = "limits are wrong") -> Sequence:
    return enable_sequence(name, False, by=ANNA, reason=reason)


def test_disabled_sequence_is_refused_with_who_and_why():
    disable()
    with pytest.raises(WrongState) as refused:
        queued("step_loop", None)
    assert (str(refused.value), Batch.objects.count()) == (SENTENCE, 0)
    assert queued("board_test").state == State.QUEUED


def test_enabled_again_it_runs():
    disable()
    sequence = enable_sequence("step_loop", True, by=ANNA)
    assert (sequence.enabled, queued("step_loop", None).state) == (True, State.QUEUED)


def test_what_waits_or_has_ended_stays_as_it_is_but_is_not_repeated():
    waiting, ended = queued("step_loop", None), queued("step_loop", None)
    Batch.objects.filter(pk=ended.pk).update(state=State.STOPPED, ended_at=timezone.now())
    disable()
    waiting.refresh_from_db()
    assert waiting.state == State.QUEUED
    with pytest.raises(WrongState, match="is disabled"):
        rerun_batch(ended.pk, Mode.SAME, by=ANNA)


def test_both_changes_are_on_record():
    disable()
    enable_sequence("step_loop", True, by=ANNA, reason="corrected")
    first, second = ControlEvent.objects.filter(kind="SEQUENCE_CHANGE").order_by("pk")
    assert (first.scope, first.by, first.reason, first.details) == (
        "step_loop",
        "anna",
        "limits are wrong",
        {"change": "disabled"},
    )
    assert (first.before["enabled"], first.after["enabled"]) == (True, False)
    assert (second.reason, second.details, second.obeyed_at is not None) == ("corrected", {"change": "enabled"}, True)


def test_what_is_so_already_is_no_change():
    disable()
    assert disable(reason="again").reason == "limits are wrong"
    enable_sequence("board_test", True, by=ANNA)
    assert ControlEvent.objects.filter(kind="SEQUENCE_CHANGE").count() == 1


@pytest.mark.parametrize("reason", ["", " ", "USER_REQUEST"])
def test_disabling_takes_a_reason(reason: str):
    with pytest.raises(BadValue) as refused:
        disable(reason=reason)
    assert (refused.value.field, Sequence.objects.count()) == ("reason", 0)


@pytest.mark.parametrize("name", ["lost", "a\0b", "x" * 300, ".."])
@pytest.mark.parametrize("enabled", [True, False])
def test_unknown_sequence_is_not_found(name: str, enabled: bool):
    with pytest.raises(NotFound, match="There is no sequence"):
        enable_sequence(name, enabled, by=ANNA, reason="x")


def test_schedule_says_that_its_sequence_is_disabled():
    schedule = scheduled()
    disable("board_test", "calibration")
    Schedule.objects.filter(pk=schedule.pk).update(next_at=timezone.now())
    schedule.refresh_from_db()
    assert fire_schedule(schedule, timezone.now()) is None
    schedule.refresh_from_db()
    assert schedule.last_result == (
        "Refused: Sequence 'board_test' is disabled (anna: calibration). An engineer can enable it again."
    )
