"""The reducer of the batch page: events told from nothing lead to the same state as the rows, at every event."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from control.history.batch_story import read_batch_story
from control.history.facts import event_facts
from control.journal.read import read_after
from control.lifecycle.answer import answer_prompt
from control.lifecycle.follow import restart_batch, resume_batch
from control.lifecycle.safety.emergency import new_latch, record_emergency_stop
from control.lifecycle.safety.press import emergency_stop_batch
from control.lifecycle.steer import change_settings, pause_batch, skip_step, stop_batch
from control.models import Batch, ControlEvent
from control.pages.batch import ending_rules
from control.worker.spool_follower import BatchFollower
from sequences import trial
from tests import spool_lines as lines
from tests.control.pages.in_chromium import evaluate
from tests.rows import ANNA, HOUSE, demo_station, queued, running
from tests.sequences.packages.conftest import bench, demo_bench  # noqa: F401  fixtures

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
FAST = {"boot_time": 0.4, "settle_time": 0.0, "burn_in_time": 0.1, "sweep_points": 5}

REPLAY = """async ({ events, stories, endings }) => {
  const { fromStory, reduce } = await import("/batch_reducer.js");
  const unknown = { state: "QUEUED", outcome: "NONE", marginal: false, progress: 0, current_step: "", message: "",
    cause: "", error: "", result: null, result_left_out: false, started_at: null, ended_at: null };
  const { parameters } = stories[0].provenance;
  const provenance = { drivers: {}, parameters, settings: {} };
  const nothing = { head: 0, batch: { ...stories[0].batch, ...unknown }, provenance, steps: [],
    hidden: {}, measurements: [], attachments: [], controls: [], errors: [], total_errors: 0, total_steps: null,
    repeats: [], safe_state: null };
  const told = ({ endings, doing, position, held, ...state }) => ({ ...state,
    batch: { ...state.batch, started_at: null },
    controls: state.controls.map((one) => ({ ...one, delivered_at: null })) });
  let state = fromStory(nothing, endings);
  const found = [];
  for (const event of events) {
    state = reduce(state, event);
    for (const story of stories.filter(({ head }) => head === event.seq)) {
      const again = events.slice(0, story.head).reduce(reduce, fromStory(story, endings));
      found.push([told(state), told(fromStory(story, endings)), told(again)]);
    }
  }
  return found;
}"""


class Run:
    """A claimed batch whose spool gets lines; after each page the rows are looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        demo_station(monkeypatch)
        self.stream = running()
        self.follower = BatchFollower(self.stream)
        self.follower.resynchronise()
        self.stories: list[dict[str, Any]] = []  # that it was claimed is told on the board, not in its own story

    @property
    def batch(self) -> Batch:
        return self.stream.batch

    def look(self) -> dict[str, Any]:
        story = read_batch_story(self.batch.pk, timezone.now())
        assert story is not None
        return story

    def tell(self, told: Iterable[dict[str, Any]], *, looks: bool = True) -> None:
        for line in told:
            lines.write(settings.STATION_PATHS.spool(str(self.batch.pk)), [line])
            if looks:
                self.read()
        self.read()

    def ask(self, wish: Callable[..., Any], *about: Any, delivered: bool = True, **more: Any) -> str:
        """Ask something of it, and let it be delivered; the id of the control event."""
        wish(self.batch.pk, *about, by=ANNA, reason="lunch", **more)
        if delivered:
            ControlEvent.objects.filter(delivered_at=None).update(delivered_at=timezone.now())
        self.stories.append(self.look())
        return str(self.stories[-1]["controls"][-1]["id"])

    def read(self) -> None:
        while self.follower.import_page():
            pass
        self.stories.append(self.look())


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(monkeypatch)


@pytest.fixture
def agree(pytestconfig: pytest.Config) -> Callable[[list[dict[str, Any]]], None]:
    """Replay from nothing, the rows, and the rows told everything once more are the same, wherever somebody looked.

    Left out is what no event tells: when a slot was claimed, and when a wish was delivered.
    """

    def compare(stories: list[dict[str, Any]]) -> None:
        batch = stories[0]["batch"]["id"]
        events = [event_facts(event, whole=False) for event in read_after(f"batch/{batch}", 0, 100_000)]
        argument = {"events": events, "stories": stories, "endings": ending_rules()}
        found = evaluate(pytestconfig, REPLAY, argument)
        assert len(found) == len(stories)
        for replayed, rows, again in found:
            assert replayed == rows
            assert again == rows

    return compare


def test_a_real_board_test_is_the_same_by_events_and_by_rows(run, agree, bench):  # noqa: F811
    record = trial.run(HOUSE / "sequences" / "packages" / "board_test", FAST, slot=bench.instruments)
    proof = {"confirmed": True, "instruments": {"supply-1": {"confirmed": True, "error": None}}, "by": "guard"}
    end = {**lines.ended(), "verdict": record.verdict}
    run.tell([*record.lines, lines.line("safe_state", **proof), end])
    assert (run.stories[-1]["batch"]["state"], len(run.stories[-1]["steps"])) == ("COMPLETED", 10)
    agree(run.stories)


def test_retries_failures_and_errors_are_the_same(run, agree):
    fault = {"category": "hardware", "exception": "Timeout", "message": "no answer", "traceback": "File x"}
    run.tell([
        lines.started("boot", "measure", "never", "off"),
        lines.step_started(0, "boot"), lines.step_ended(0, "boot", "ERROR", retrying=True, message="not yet"),
        lines.step_started(0, "boot", 2), lines.step_ended(0, "boot", attempt=2, result={"tries": 2}),
        lines.step_started(1, "measure"),
        lines.measured(1, "rail", 7.2, outcome="FAIL"), lines.measured(1, "ready", True, type="boolean", limits=None),
        lines.line("progress", step=1, attempt=1, done=1, total=4, message="warm", progress=0.4),
        lines.line("error", step=1, attempt=1, level="ERROR", **fault),
        lines.step_ended(1, "measure", "ERROR", message="no answer"),
        lines.step_ended(2, "never", "SKIPPED", message="step 'measure' ended with an error"),
        lines.ended(ending="failed", outcome="ERROR"),
    ])  # fmt: skip
    agree(run.stories)


def test_repetitions_and_results_are_the_same(run, agree):
    begin, results = lines.started("boot", "scan"), [{"cells": 4}, None, ["x" * 9000], 0]
    begin["plan"][1]["repeat"] = 4
    told = [[lines.step_started(1 + place, "scan"), lines.step_ended(1 + place, "scan", result=result)]
            for place, result in enumerate(results)]  # fmt: skip
    end = lines.ended()
    end["verdict"]["result"] = {"cells": [4, 3]}
    run.tell(
        [begin, lines.step_started(0, "boot"), lines.step_ended(0, "boot"), *told[0], *told[1], *told[2], *told[3], end]
    )
    last = run.stories[-1]
    assert (last["repeats"], last["batch"]["result"]) == ([{"first": 1, "count": 4}], {"cells": [4, 3]})
    shown = [(step["result"], step["result_left_out"]) for step in last["steps"][1:]]
    assert shown == [({"cells": 4}, False), (None, False), (None, True), (0, False)]
    agree(run.stories)


def test_a_verdict_too_large_for_its_event_is_left_to_the_rows(run, pytestconfig):
    end = lines.ended()
    end["verdict"]["result"] = ["x" * 9000]
    run.tell([lines.started("boot"), end])
    batch = run.stories[-1]["batch"]
    assert (batch["state"], batch["result"], batch["result_left_out"]) == ("COMPLETED", None, True)
    events = [event_facts(event, whole=False) for event in read_after(run.stream.name)]
    argument = {"events": events, "stories": run.stories[-1:], "endings": ending_rules()}
    ((replayed, rows, again),) = evaluate(pytestconfig, REPLAY, argument)
    assert (replayed["batch"]["state"], again) == ("RUNNING", rows)


@pytest.mark.parametrize("why", ["emergency", "crashed", "timeout", "limit", "stop_expired", "lost"])
def test_a_run_that_is_cut_short_leaves_the_same_behind(why, run, agree):
    run.tell([lines.started("boot", "measure"), lines.step_started(0, "boot"), lines.ended(why, message="killed")])
    steps = [(step["state"], step["outcome"]) for step in run.stories[-1]["steps"]]
    assert (steps[0][0], steps[1]) == ("ENDED", ("ENDED", "SKIPPED"))
    agree(run.stories)


def test_a_long_run_keeps_the_same_steps_and_counts(run, agree):
    def step(place: int) -> list[dict[str, Any]]:
        bad = "FAIL" if place % 7 == 0 else "PASS"
        names = [lines.measured(place, f"m{number}", number) for number in range(45 if place == 690 else 1)]
        return [lines.step_started(place, "count"), *names, lines.step_ended(place, "count", bad)]

    run.tell([lines.started("count"), *(line for place in range(700) for line in step(place))], looks=False)
    run.tell([lines.ended(outcome="FAIL")])
    last = run.stories[-1]
    assert (len(last["steps"]), last["hidden"]) == (350, {"PASS": 342, "FAIL": 8})
    assert len(last["measurements"]) == 349 + 40
    agree(run.stories)


def test_attachments_are_the_same_and_a_page_keeps_the_first_ones(run, agree):
    picture = {"media_type": "image/png", "width": 640, "height": 480}
    run.tell([
        lines.started("look", "scan"), lines.step_started(0, "look"),
        lines.attached(0, "board.png", **picture), lines.attached(0, "a.csv"),
        lines.step_ended(0, "look", "FAIL", retrying=True), lines.step_started(0, "look", 2),
        lines.attached(0, "board.png", 2, **picture), lines.step_ended(0, "look", attempt=2),
        lines.step_started(1, "scan"),
    ])  # fmt: skip
    files = [lines.attached(1, f"{number}.csv") for number in range(45)]
    run.tell([*files, lines.step_ended(1, "scan")], looks=False)
    run.tell([lines.ended()])
    found = [(file["step"], file["attempt"], file["name"], file["of_step"]) for file in run.stories[-1]["attachments"]]
    assert found[:3] == [(0, 1, "board.png", 2), (0, 1, "a.csv", 2), (0, 2, "board.png", 1)]
    assert found[3:] == [(1, 1, f"{number}.csv", 45) for number in range(40)]
    agree(run.stories)


def test_wishes_are_the_same_with_their_answers(run, agree):
    run.tell([lines.started("boot"), lines.step_started(0, "boot")])
    for ask, kind in ((pause_batch, "batch.paused"), (resume_batch, "batch.resumed"), (stop_batch, "control")):
        wish = run.ask(ask)
        run.tell([lines.line(kind, control=wish, word="x", message="lunch", obeyed=kind != "control")])
    run.tell([lines.ended(ending="stopped", outcome="NONE")])
    kinds = [control["kind"] for control in run.stories[-1]["controls"]]
    assert kinds == ["BATCH_START", "BATCH_PAUSE", "BATCH_RESUME", "BATCH_STOP"]
    agree(run.stories)


def test_prompts_are_the_same_with_their_answers(run, agree):
    run.tell([lines.started("boot"), lines.step_started(0, "boot"), lines.asked()])
    wish = run.ask(answer_prompt, "p1", 4)
    run.tell([lines.answered(4, wish), lines.asked(prompt="p2", type="confirm"), lines.unanswered(prompt="p2")])
    run.tell([lines.asked(prompt="p3", message="Then?", type="text", image={"file": "x.png"})])
    assert (run.stories[-1]["batch"]["prompt"], run.stories[-1]["prompt"]["state"]) == ("p3", "WAITING")
    late = run.ask(answer_prompt, "p3", "well", delivered=False)
    run.tell([lines.step_ended(0, "boot"), lines.ended()])
    controls = {one["id"]: one for one in run.stories[-1]["controls"]}
    assert (controls[wish]["after"], controls[late]["obeyed_at"]) == ({"answer": 4}, None)
    assert run.stories[-1]["prompt"]["state"] == "OVER"
    agree(run.stories)


@pytest.mark.parametrize("why", ["crashed", "emergency"])
def test_a_prompt_of_a_run_that_is_cut_short_is_the_same(why, run, agree):
    run.tell([lines.started("boot"), lines.step_started(0, "boot"), lines.asked(), lines.ended(why, message="killed")])
    assert run.stories[-1]["prompt"]["closed_why"] == "ended"
    agree(run.stories)


def answered(control: str, word: str, **more: Any) -> dict[str, Any]:
    return lines.line("control", control=control, word=word, message=f"{word} obeyed", **more)


def test_a_step_that_is_skipped_is_the_same(run, agree):
    run.tell([lines.started("boot", "measure", "off"), lines.step_started(0, "boot")])
    wish = run.ask(skip_step, step="measure")
    run.tell([
        answered(wish, "skip", step=1), lines.step_ended(0, "boot"),
        lines.step_ended(1, "measure", "SKIPPED", message="skipped by request: lunch", duration_ms=0.0),
    ])  # fmt: skip
    late = run.ask(skip_step)
    why = "skip has no effect: the step has ended"
    run.tell([lines.line("control", control=late, word="skip", message=why, obeyed=False), lines.ended()])
    controls = {one["id"]: one for one in run.stories[-1]["controls"]}
    assert controls[wish]["details"] == {"step": 1, "name": "measure"}
    assert (controls[wish]["after"], controls[late]["after"]) == ({"state": "COMPLETED"}, {"note": why})
    agree(run.stories)


def test_settings_that_change_are_the_same(run, agree):
    run.tell([lines.started("boot"), lines.step_started(0, "boot")])
    for value in (10.0, 20.0):
        wish = run.ask(change_settings, {"burn_in_time": value})
        run.tell([answered(wish, "settings", settings={"burn_in_time": value})])
    refused = run.ask(change_settings, {"burn_in_time": 1.0})
    why = "settings has no effect: the teardown is running"
    run.tell([lines.line("control", control=refused, word="settings", message=why, obeyed=False), lines.ended()])
    changes = [(one["before"].get("settings"), one["after"]) for one in run.stories[-1]["controls"][1:]]
    assert changes == [
        ({"burn_in_time": 2.0}, {"settings": {"burn_in_time": 10.0}}),
        ({"burn_in_time": 10.0}, {"settings": {"burn_in_time": 20.0}}),
        ({"burn_in_time": 20.0}, {"note": why}),
    ]
    assert run.stories[-1]["provenance"]["settings"] == {"burn_in_time": 20.0}
    agree(run.stories)


def test_a_restart_is_the_same_with_the_batch_that_follows(run, agree):
    run.tell([lines.started("boot"), lines.step_started(0, "boot")])
    wish = run.ask(restart_batch)
    run.tell([answered(wish, "stop"), lines.step_ended(0, "boot", "NONE"), lines.ended(ending="stopped")])
    control = run.stories[-1]["controls"][-1]
    follower = run.batch.followers.get()
    assert (control["details"], control["after"]) == ({"batch": str(follower.pk)}, {"state": "STOPPED"})
    agree(run.stories)


@pytest.mark.parametrize("delivered", [True, False])
def test_a_stop_that_is_never_obeyed_is_the_same(delivered, run, agree):
    run.tell([lines.started("boot"), lines.step_started(0, "boot")])
    wish = run.ask(stop_batch, delivered=delivered)
    rungs = [lines.line("ladder", rung=rung, why="stop", control=wish) for rung in ("interrupt", "terminate")]
    run.tell([*(rungs if delivered else []), lines.ended("stop_expired", message="killed")])
    note = "killed" if delivered else "the batch had ended"
    assert run.stories[-1]["controls"][-1]["after"] == {"state": "ABORTED", "note": note}
    agree(run.stories)


def test_what_was_carried_over_and_saved_is_the_same(run, agree):
    carried = {"carried": True, "message": "carried over", "duration_ms": 0.0}
    run.tell([
        lines.started("boot", "measure", "off"),
        lines.step_ended(0, "boot", "FAIL", **carried),
        lines.step_ended(1, "measure", "SKIPPED", **{**carried, "message": "skipped by request: carried over"}),
        lines.step_started(2, "off"), lines.line("saved", step=2, attempt=1, name="offset", value=[1, 2]),
        lines.step_ended(2, "off"), lines.ended(outcome="FAIL"),
    ])  # fmt: skip
    steps = [(step["outcome"], step["error_message"]) for step in run.stories[-1]["steps"][:2]]
    assert steps == [("FAIL", "carried over"), ("SKIPPED", "skipped by request: carried over")]
    agree(run.stories)


def test_an_emergency_stop_is_the_same(run, agree):
    run.tell([lines.started("boot"), lines.step_started(0, "boot")])
    record_emergency_stop(new_latch("demo", by=ANNA, reason="smoke"), delivered=True)
    run.tell([lines.ended("emergency", at=timezone.now().timestamp() + 1)])
    control = run.stories[-1]["controls"][-1]
    assert (control["kind"], control["by"], control["reason"]) == ("EMERGENCY_STOP", "anna", "smoke")
    agree(run.stories)


@pytest.mark.parametrize(("end", "state"), [(stop_batch, "STOPPED"), (emergency_stop_batch, "ABORTED")])
def test_a_batch_that_never_ran_is_the_same(end, state, monkeypatch, agree):
    demo_station(monkeypatch)
    batch = queued("step_loop", None)
    stories = [read_batch_story(batch.pk, timezone.now())]
    end(batch.pk, by=ANNA, reason="wrong board")
    stories.append(read_batch_story(batch.pk, timezone.now()))
    assert stories[-1]["controls"][-1]["after"] == {"state": state}
    agree(stories)


def test_a_long_curve_is_thinned_in_the_same_way(run, pytestconfig):
    curve = {"columns": [{"name": "x", "unit": "s"}], "rows": [[number] for number in range(777)]}
    more = {"type": "curve", "unit": "", "limits": None, "outcome": "NONE"}
    run.tell(
        [lines.started("sweep"), lines.step_started(0, "sweep"), lines.measured(0, "iv", curve, **more)], looks=False
    )
    events = [event_facts(event) for event in read_after(run.stream.name)]
    argument = {"events": events, "stories": run.stories[-1:], "endings": ending_rules()}
    ((replayed, rows, _),) = evaluate(pytestconfig, REPLAY, argument)
    assert (replayed, len(rows["steps"][0]["measurements"][0]["value"]["rows"])) == (rows, 200)


def test_bounds_are_those_of_the_story():
    text = (Path(HOUSE) / "static" / "control" / "batch_reducer.js").read_text()
    story = (Path(HOUSE) / "control" / "history" / "batch_story.py").read_text()
    for name in (
        "NEWEST_STEPS",
        "OLD_FAILURES",
        "MEASUREMENTS_PER_STEP",
        "ATTACHMENTS_PER_STEP",
        "NEWEST_ERRORS",
        "CURVE_ROWS",
        "LONGEST_TEXT",
    ):
        value = text.partition(f"const {name} = ")[2].partition(";")[0]
        assert story.partition(f"\n{name} = ")[2].partition("\n")[0].partition(" ")[0] == value
