"""Steps that ask people: the answer they get, and everything else that may happen while they wait."""

from __future__ import annotations

import time

import pytest

from sequences import trial
from sequences.validator import validate
from tests.sequences.wishing import answers, wish

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def step(body, more=""):
    return f"@step\ndef a(self, run):\n    {body}\n{more}"


def answer(value, prompt="p1", control="w1"):
    return wish("answer", control, prompt=prompt, value=value, by="anna")


class Timed(trial.Desk):
    """Hands each wish out at its time, in seconds after the first prompt."""

    def __init__(self, *timed):
        super().__init__(answers={})
        self._timed = list(timed)
        self._began = None

    def receive_wish(self, timeout_s):
        if self._began is None:
            if not self.record.of_kind("prompt.asked"):
                return None
            self._began = time.monotonic()
        end = None if timeout_s is None else time.monotonic() + timeout_s
        while end is None or time.monotonic() < end:
            if self._timed and time.monotonic() >= self._began + self._timed[0][0]:
                return self._timed.pop(0)[1]
            time.sleep(0.001)
        return None


@pytest.mark.parametrize(
    ("call", "given", "returned"),
    [
        ("run.ask_text('Who?', default='x')", "anna", "anna"),
        ("run.ask_number('How long?', 'mm', 1, 9)", 4, 4.0),
        ("run.ask_choice('Which?', ('red', 'green'))", "green", "green"),
        ("run.confirm('Seated?')", False, False),
    ],
)
def test_a_step_gets_what_somebody_answers(write_package, call, given, returned):
    record = trial.run(write_package(step(f"return {call}")), answers=[given])
    result = record.steps[0]["result"]
    assert (result, type(result), record.verdict["outcome"]) == (returned, type(returned), "PASS")
    assert [line["value"] for line in record.of_kind("prompt.answered")] == [given]


def test_the_story_has_the_whole_question(write_package):
    body = "run.ask_number('How long?', 'mm', 1, 9, default=5, image='board.png', timeout_s=60)"
    package = write_package(step(body))
    (package / "board.png").write_bytes(PNG)
    asked = trial.run(package, answers={"How long?": 4}).of_kind("prompt.asked")[0]
    shown = {name: asked[name] for name in ("type", "message", "unit", "minimum", "maximum", "default", "timeout_s")}
    assert shown == {
        "type": "number", "message": "How long?", "unit": "mm", "minimum": 1, "maximum": 9, "default": 5,
        "timeout_s": 60,
    }  # fmt: skip
    assert (asked["prompt"], asked["step"], asked["attempt"]) == ("p1", 0, 1)
    assert (asked["image"]["file"], asked["image"]["type"]) == ("board.png", "image/png")


def test_every_prompt_of_a_run_has_a_name_of_its_own(write_package):
    record = trial.run(write_package(step("[run.confirm('?') for _ in range(3)]")), answers={"a": True})
    assert [line["prompt"] for line in record.of_kind("prompt.asked")] == ["p1", "p2", "p3"]


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        ("run.ask_text(' ' * 2)", "ValueError: a prompt asks with a text of 1 to 1000 characters"),
        ("run.ask_number('?', minimum=2 + 0, maximum=1)", "ValueError: minimum 2 is above maximum 1"),
        ("run.ask_number('?', minimum=str(2))", "ValueError: minimum must be a number"),
        ("run.ask_number('?', 'm' + 'M')", "ValueError: unknown unit 'mM'"),
        (
            "run.ask_number('?', maximum=1, default=1 + 1)",
            "ValueError: default: The answer must be a number of at most",
        ),
        ("run.ask_choice('?', ['a'] * 1)", "ValueError: a choice is one of 2 to 20 texts"),
        ("run.ask_choice('?', 'ab'.lower())", "ValueError: a choice is one of 2 to 20 texts"),
        ("run.ask_choice('?', ['a'] * 2)", "ValueError: every choice stands there once"),
        ("run.confirm('?', timeout_s=-1 * 1)", "ValueError: timeout_s is a positive number of seconds, not -1"),
        ("run.confirm('?', image='../' + 'x.png')", "PictureError: picture '../x.png' is no file of the package"),
    ],
)
def test_a_prompt_that_cannot_be_is_an_error_and_asks_nobody(write_package, call, problem):
    record = trial.run(write_package(step(call)))
    assert record.steps[0]["message"].startswith(problem)
    assert record.of_kind("prompt.asked") == []


def test_clocks_of_step_and_sequence_stand_still_meanwhile(write_package):
    steps = "@step(timeout_s=0.2)\ndef a(self, run):\n    run.confirm('?')\n    run.sleep(0.05)"
    record = trial.run(write_package(steps, "timeout_s: 0.2"), desk=Timed((0.5, answer(True))))
    assert record.outcomes == {"a": "PASS"}
    assert None in record.deadlines


def test_the_timeout_of_a_step_goes_on_after_the_answer(write_package):
    steps = "@step(timeout_s=0.1)\ndef a(self, run):\n    run.confirm('?')\n    run.sleep(20)"
    record = trial.run(write_package(steps), desk=Timed((0.2, answer(True))))
    assert record.outcomes == {"a": "TIMEOUT"}


def test_nobody_in_time_is_a_timeout_that_is_not_tried_again(write_package):
    steps = "@step(attempts=3)\ndef a(self, run): run.confirm('Seated?', timeout_s=0.05)\n@step\ndef b(self, run): pass"
    record = trial.run(write_package(steps + "\n@teardown\ndef off(self, run): pass"), answers={"a": trial.NOBODY})
    assert record.outcomes == {"a": "TIMEOUT", "b": "SKIPPED", "off": "PASS"}
    assert len(record.attempts) == 3
    verdict = record.verdict
    assert (verdict["ending"], verdict["outcome"]) == ("failed", "TIMEOUT")
    assert verdict["message"] == "Step 'a' timed out: nobody answered within 0.05 s: Seated?"
    assert record.of_kind("prompt.closed")[0]["why"] == "timeout"


def test_a_step_may_catch_that_nobody_answered(write_package):
    body = (
        "from sequences.authoring import PromptTimeout\n    try: run.confirm('?', timeout_s=0.02)\n"
        "    except PromptTimeout: return run.ask_text('Then?')"
    )
    record = trial.run(write_package(step(body)), answers=[trial.NOBODY, "well"])
    assert (record.steps[0]["result"], record.verdict["outcome"]) == ("well", "PASS")


def test_a_pause_keeps_an_answer_until_the_run_goes_on(write_package):
    desk = Timed((0, wish("pause")), (0.02, answer(True)), (0.3, wish("resume")))
    record = trial.run(write_package(step("run.confirm('?', timeout_s=0.1)")), desk=desk)
    kinds = [line["k"] for line in record.lines if line["k"].startswith(("prompt", "batch"))]
    assert kinds[1:] == ["prompt.asked", "batch.paused", "prompt.answered", "batch.resumed"]
    assert record.steps[0]["duration_ms"] >= 290


def test_a_pause_does_not_count_for_the_time_of_a_prompt(write_package):
    desk = Timed((0.03, wish("pause")), (0.3, wish("resume")), (0.34, answer(True)))
    record = trial.run(write_package(step("run.confirm('?', timeout_s=0.15)")), desk=desk)
    assert record.outcomes == {"a": "PASS"}


def test_a_stop_ends_the_wait_and_tears_down(write_package):
    steps = step("run.confirm('?')", "@teardown\ndef off(self, run): pass")
    record = trial.run(write_package(steps), desk=Timed((0.02, wish("stop", "c1", "lunch"))))
    assert record.outcomes == {"a": "NONE", "off": "PASS"}
    assert (record.verdict["ending"], record.verdict["message"]) == ("stopped", "Stopped in step 'a': lunch.")


def test_a_skip_leaves_the_step_and_the_clock_of_the_sequence_goes_on(write_package):
    steps = step("run.confirm('?')", "@step\ndef b(self, run): run.sleep(20)")
    desk = Timed((0.3, wish("skip", step=0)))
    record = trial.run(write_package(steps, "timeout_s: 0.2"), desk=desk)
    assert record.outcomes == {"a": "SKIPPED", "b": "TIMEOUT"}


def test_settings_change_meanwhile(write_package):
    manifest = "parameters: {pace: {type: number, default: 1, live: true}}"
    desk = Timed((0.0, wish("settings", settings={"pace": 5})), (0.01, answer(True)))
    record = trial.run(write_package(step("run.confirm('?')\n    return run.parameters.pace"), manifest), desk=desk)
    assert record.steps[0]["result"] == 5


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (answer("much"), "The answer must be a number from 1 to 9 mm, it is 'much'."),
        (answer(10), "The answer must be a number from 1 to 9 mm, it is 10."),
        (answer(True), "The answer must be a number from 1 to 9 mm, it is True."),
        (answer(5, prompt="p9"), "the prompt is over"),
    ],
)
def test_an_answer_that_does_not_fit_has_no_effect_and_says_so(write_package, wrong, why):
    desk = Timed((0.0, wrong), (0.0, answer(5, control="w2")))
    record = trial.run(write_package(step("run.ask_number('?', 'mm', 1, 9)")), desk=desk)
    assert answers(record) == [("w1", f"answer has no effect: {why}", False)]
    assert [line["control"] for line in record.of_kind("prompt.answered")] == ["w2"]


def test_a_second_answer_while_paused_has_no_effect(write_package):
    desk = Timed((0, wish("pause")), (0, answer(True)), (0, answer(False, control="w2")), (0.02, wish("resume")))
    record = trial.run(write_package(step("return run.confirm('?')")), desk=desk)
    assert answers(record) == [("w2", "answer has no effect: the prompt is answered already", False)]
    assert record.steps[0]["result"] is True


def test_an_answer_to_nothing_has_no_effect(write_package):
    record = trial.run(write_package(step("pass")), desk=trial.Desk([answer(True)]))
    assert answers(record) == [("w1", "answer has no effect: the prompt is over", False)]


def test_a_teardown_asks_nobody(write_package):
    package = write_package(step("pass", "@teardown\ndef off(self, run): getattr(run, 'confirm')('?')"))
    record = trial.run(package)
    assert record.steps[-1]["message"].startswith("RuntimeError: nobody is asked in a teardown")
    assert (record.of_kind("prompt.asked"), record.verdict["outcome"]) == ([], "ERROR")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ((), "0 answers are given, it would be the next one"),
        ({"Other?": 1}, "no answer is given for it, by its message or by the name of its step"),
        ({"Seated?": "yes"}, "The answer must be true or false, it is 'yes'."),
        ({"Seated?": trial.NOBODY}, "The answer must be true or false"),
    ],
)
def test_a_trial_without_an_answer_names_the_prompt_and_ends_with_the_teardown(write_package, given, problem):
    package = write_package(step("run.confirm('Seated?')", "@teardown\ndef off(self, run): pass"))
    with pytest.raises(trial.Unanswered) as missing:
        trial.run(package, answers=given)
    assert str(missing.value).startswith(f"step 'a' asks 'Seated?': {problem}")
    assert missing.value.record.outcomes == {"a": "NONE", "off": "PASS"}


def test_what_only_the_running_step_knows_is_no_problem_beforehand(write_package):
    _, problems = validate(write_package(step("run.ask_number('?', minimum=run.index, image=run.parameters.x)")))
    assert [problem.code for problem in problems] == ["E212"]
