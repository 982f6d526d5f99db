"""Every state against every control."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from control.journal.kinds import stream_of
from control.journal.read import read_after
from control.lifecycle.finish import End, finish
from control.lifecycle.follow import Mode, rerun_batch, restart_batch, resume_batch
from control.lifecycle.refusals import BadValue, NotFound, UnknownName, WrongState
from control.lifecycle.steer import change_settings, pause_batch, skip_step, stop_batch
from control.models import Batch, ControlEvent, Event
from control.states import ACTIVE, ALLOWED_CONTROLS, Control, State, StepOutcome
from tests.control.lifecycle.work import batch_in, work_station
from tests.rows import ANNA, queued

pytestmark = pytest.mark.django_db

VERBS: dict[Control, Callable[..., Batch]] = {
    Control.PAUSE: pause_batch,
    Control.RESUME: resume_batch,
    Control.STOP: stop_batch,
    Control.SKIP: skip_step,
    Control.SETTINGS: lambda batch_id, **by: change_settings(batch_id, {"pace": 2.0}, **by),
    Control.RESTART: restart_batch,
    Control.RERUN: lambda batch_id, **by: rerun_batch(batch_id, Mode.SAME, **by),
}


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    work_station(monkeypatch)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("word", Control)
def test_control_is_accepted_exactly_where_the_table_says(state: State, word: Control) -> None:
    batch = batch_in(state)
    before = ControlEvent.objects.filter(batch=batch).count()
    if word in ALLOWED_CONTROLS[state]:
        VERBS[word](batch.pk, by=ANNA)
        assert ControlEvent.objects.filter(batch=batch).count() == before + 1
    else:
        with pytest.raises(WrongState):
            VERBS[word](batch.pk, by=ANNA)
        assert ControlEvent.objects.count() == before


@pytest.mark.parametrize("state", ACTIVE)
def test_stop_of_an_active_batch_is_a_wish_that_keeps_its_reason(state: State) -> None:
    batch = batch_in(state)
    assert stop_batch(batch.pk, by=ANNA, reason="smoke").state == state
    event = ControlEvent.objects.filter(kind="BATCH_STOP").get()
    assert (event.reason, event.delivered_at, event.before) == ("smoke", None, {"state": state})
    assert read_after(stream_of(batch.pk))[-1].message == "Stop requested by anna: smoke"


def test_stop_of_a_waiting_batch_ends_it_with_a_whole_story() -> None:
    batch = queued()
    stopped = stop_batch(batch.pk, by=ANNA, reason="wrong board")
    assert (stopped.state, stopped.outcome) == (State.STOPPED, "NONE")
    assert [line.kind for line in read_after(stream_of(batch.pk))] == ["batch.queued", "control", "batch.ended"]
    event = ControlEvent.objects.filter(kind="BATCH_STOP").get()
    assert event.delivered_at is not None and event.obeyed_at is not None
    assert stopped.steps.count() == 0


def test_two_wishes_do_not_overwrite_each_other() -> None:
    batch = batch_in(State.RUNNING)
    pause_batch(batch.pk, by=ANNA)
    stop_batch(batch.pk, by=ANNA)
    waiting = ControlEvent.objects.filter(delivered_at=None).order_by("pk")
    assert [event.kind for event in waiting] == ["BATCH_PAUSE", "BATCH_STOP"]


def test_wishes_that_a_batch_did_not_live_to_obey_say_how_it_ended() -> None:
    batch = batch_in(State.RUNNING)
    pause_batch(batch.pk, by=ANNA)
    ControlEvent.objects.filter(kind="BATCH_PAUSE").update(delivered_at=batch.created_at)
    stop_batch(batch.pk, by=ANNA)
    finish(batch.pk, End(State.CRASHED, StepOutcome.ERROR, batch.created_at, "The runner died."))
    told = dict(ControlEvent.objects.filter(batch=batch, obeyed_at=None).values_list("kind", "after__note"))
    assert told == {"BATCH_PAUSE": "The runner died.", "BATCH_STOP": "the batch had ended"}


def test_refusal_names_state_and_remedy() -> None:
    batch = batch_in(State.PAUSED)
    with pytest.raises(WrongState) as refused:
        pause_batch(batch.pk, by=ANNA)
    assert str(refused.value) == "The batch is paused, it cannot pause now. Resume it to go on."


@pytest.mark.parametrize("verb", VERBS.values(), ids=list(VERBS))
def test_control_of_an_unknown_batch_is_not_found(verb: Callable[..., Batch]) -> None:
    with pytest.raises(NotFound):
        verb(uuid4(), by=ANNA)


@pytest.mark.parametrize(
    ("outcomes", "step", "found"),
    [
        ("PR", None, (2, "middle")),  # the one that runs
        ("PP", None, (3, "middle")),  # between two steps: the next one
        ("R", "last", (5, "last")),
        ("R", 4, (4, "middle")),
    ],
)
def test_skip_names_the_step_that_is_meant(outcomes: str, step: int | str | None, found: tuple[int, str]) -> None:
    batch = batch_in(State.RUNNING, outcomes=outcomes)
    skip_step(batch.pk, step=step, by=ANNA)
    event = ControlEvent.objects.get(kind="BATCH_SKIP")
    assert (event.details["step"], event.details["name"]) == found
    message = read_after(stream_of(batch.pk))[-1].message
    assert message == f"Skip of step '{found[1]}' requested by anna: USER_REQUEST"


@pytest.mark.parametrize(
    ("step", "error", "sentence"),
    [
        ("first", WrongState, "Step 'first' is over, it cannot be skipped any more."),
        ("fist", UnknownName, "There is no step 'fist'. Did you mean 'first'?"),
        (9, UnknownName, "There is no step '9'. Known: clear, first, last, middle, prepare."),
        (
            "clear",
            BadValue,
            "Step 'clear' belongs to the teardown, which is never skipped. Stop the batch instead.",
        ),
    ],
)
def test_skip_is_refused_with_the_remedy(step: int | str, error: type[Exception], sentence: str) -> None:
    batch = batch_in(State.RUNNING, outcomes="PR")
    with pytest.raises(error) as refused:
        skip_step(batch.pk, step=step, by=ANNA)
    assert str(refused.value) == sentence


def test_skip_before_the_plan_is_known_asks_to_wait() -> None:
    batch = batch_in(State.RUNNING)
    Batch.objects.filter(pk=batch.pk).update(plan=[])
    with pytest.raises(WrongState, match="still being prepared"):
        skip_step(batch.pk, by=ANNA)


def test_change_of_settings_keeps_what_held_before() -> None:
    batch = batch_in(State.RUNNING, settings={"pace": 3.0})
    change_settings(batch.pk, {"pace": 0.5}, by=ANNA)
    event = ControlEvent.objects.get(kind="BATCH_SETTINGS")
    assert event.before == {"state": "RUNNING", "settings": {"pace": 3.0}}
    assert event.details == {"settings": {"pace": 0.5}}


def test_story_tells_who_changed_a_setting_from_what_to_what() -> None:
    batch = batch_in(State.RUNNING, settings={"pace": 3.0})
    change_settings(batch.pk, {"pace": 0.5}, by=ANNA, reason="hurry")
    line = Event.objects.get(stream__batch=batch, kind="control")
    assert line.message == "Settings (pace: 3.0 → 0.5) requested by anna: hurry"
    assert (line.data["by"], line.data["before"]) == ("anna", {"settings": {"pace": 3.0}})


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "Name at least one setting. Live ones: pace."),
        ({"total": 4}, "Parameter 'total' cannot change while the batch runs. Live ones: pace."),
        ({"pace": 11}, "Parameter 'pace' must be a number from 0 to 10 s, it is 11."),
        ({"pace": "x", "y": 1}, "Parameter 'pace' must be a number from 0 to 10 s, it is 'x'.\n"
         "Parameter 'y' cannot change while the batch runs. Live ones: pace."),
    ],
)  # fmt: skip
def test_change_of_settings_is_refused_with_every_problem(settings: dict[str, object], sentence: str) -> None:
    batch = batch_in(State.RUNNING)
    with pytest.raises(BadValue) as refused:
        change_settings(batch.pk, settings, by=ANNA)
    assert str(refused.value) == sentence


def test_settings_that_no_guard_could_be_told_are_refused() -> None:
    batch = batch_in(State.RUNNING, settings={"note": "x" * 65_536})
    with pytest.raises(BadValue) as refused:
        change_settings(batch.pk, {"pace": 1.0}, by=ANNA)
    assert str(refused.value) == "The parameters take more than 64 KiB. Put large data into a file."


def test_change_of_settings_of_content_that_nobody_has_is_refused() -> None:
    batch = batch_in(State.RUNNING, sha256="0" * 64)
    with pytest.raises(WrongState, match="does not have sequence 'lane_work' as this batch runs it"):
        change_settings(batch.pk, {"pace": 1.0}, by=ANNA)
