"""Mistakes of authors that must neither cost the teardown nor let a bad subject pass."""

from __future__ import annotations

import pytest

from sequences import trial
from tests.sequences.wishing import Wishing, answers, wish

ON_OFF = """
@setup
def on(self, run): pass
{steps}
@teardown
def off(self, run): run.log("off")
"""


def tried(write_package, steps: str, manifest: str = "", **more) -> trial.Record:
    record = trial.run(write_package(ON_OFF.format(steps=steps), manifest), **more)
    assert record.logs[-1:] == ["off"], record.story
    return record


@pytest.mark.parametrize("question", ["run.fail('x')", "run.retry('x')", "__import__('sys').exit(3)"])
def test_question_that_ends_itself_is_an_error_of_the_step(write_package, question):
    record = tried(write_package, f"@step(run_if=lambda run: {question})\ndef a(self, run): pass")
    assert (record.outcomes["a"], record.verdict["outcome"]) == ("ERROR", "ERROR")


@pytest.mark.parametrize(
    "question",
    ["run.measure('v', 5, maximum=1)", "run.attach('a.txt', 'x')", "run.confirm('Well?')", "run.save('a', 1)"],
)
def test_question_records_nothing(write_package, question):
    steps = f"@step\ndef before(self, run): pass\n@step(run_if=lambda run: {question})\ndef a(self, run): pass"
    record = tried(write_package, steps)
    assert (record.outcomes["before"], record.outcomes["a"]) == ("PASS", "ERROR")
    assert "is asked whether it is needed records nothing" in record.errors[0]
    assert record.measurements == {}


@pytest.mark.parametrize("body", ["raise Broken()", "run.fail(Broken())"])
def test_text_that_cannot_be_told_does_not_cost_the_teardown(write_package, body):
    steps = (
        f"class Broken(Exception):\n    def __str__(self): return self.nothing.text\n@step\ndef a(self, run): {body}"
    )
    record = tried(write_package, steps.replace("Broken()", "Sample.Broken()"))
    assert "cannot be told: AttributeError" in record.steps[1]["message"]


def test_result_that_is_nested_too_deeply_is_told(write_package):
    nested = "run.result = deep = {}\n    for _ in range(100_000):\n        deep['a'] = deep = {}"
    steps = f"@step\ndef a(self, run):\n    {nested}"
    record = tried(write_package, steps)
    assert record.verdict["outcome"] == "ERROR"


@pytest.mark.parametrize("name", ["''", "'x' * 201", "5"])
def test_name_that_no_row_can_hold_is_an_error(write_package, name):
    assert tried(write_package, f"@step\ndef a(self, run): run.measure({name}, 1)").outcomes["a"] == "ERROR"


def test_reason_is_kept_as_text(write_package):
    assert tried(write_package, "@step\ndef a(self, run): run.fail({'a': 1})").steps[1]["message"] == "{'a': 1}"


def test_steps_are_not_inherited_in_silence(write_package):
    package = write_package("@step\ndef a(self, run): pass")
    source = (package / "sequence.py").read_text()
    base = "class Powered:\n    @setup\n    def on(self, run): pass\n\n@sequence\nclass Sample(Powered):"
    (package / "sequence.py").write_text(source.replace("@sequence\nclass Sample:", base))
    message = trial.run(package).verdict["message"]
    assert "class 'Sample' inherits from 'Powered', whose steps would not run" in message


def test_decorator_that_hides_a_step_is_told(write_package):
    package = write_package("@hidden\n@step\ndef a(self, run): pass\n@step\ndef b(self, run): pass")
    source = (package / "sequence.py").read_text()
    (package / "sequence.py").write_text("def hidden(f): return lambda self, run: f(self, run)\n" + source)
    assert "holds steps that would not run: a." in trial.run(package).verdict["message"]


@pytest.mark.parametrize("names", ["NAMES", "{'prob'}"])
def test_dependency_that_does_not_exist_never_runs(write_package, names):
    steps = f"NAMES = ['prob']\n@step\ndef probe(self, run): pass\n@step(depends_on={names})\ndef a(self, run): pass"
    assert "'prob', which is no" in trial.run(write_package(steps)).verdict["message"]


GROUP = """
@group{options}
class Radio:
    @step
    def tx(self, run): run.log("tx")
    @teardown
    def tx_off(self, run): run.sleep(0.05)
@step(depends_on="Radio")
def after(self, run): pass
"""


def test_carried_group_has_its_outcome(write_package):
    carried = {"batch": "b", "steps": [{"first": 1, "last": 2, "outcome": "PASS", "marginal": False}], "saved": {}}
    record = tried(write_package, GROUP.format(options=""), carried=carried)
    assert record.outcomes["after"] == "PASS"


def test_what_was_not_needed_is_carried_as_such(write_package):
    steps = {"first": 1, "last": 1, "outcome": "SKIPPED", "marginal": False, "reason": "not needed"}
    given = {"batch": "b", "steps": [steps], "saved": {}}
    record = tried(write_package, "@step(run_if=lambda run: False)\ndef a(self, run): pass", carried=given)
    assert next(step["message"] for step in record.steps if step["name"] == "a") == "not needed: carried over"
    assert record.verdict["message"] == "Every step passed."


def test_group_whose_steps_were_never_run_has_not_passed(write_package):
    steps = """
@step
def probe(self, run): run.fail("bad")
@group
class Radio:
    @setup
    def ready(self, run): pass
    @step(depends_on="probe")
    def tx(self, run): pass
@step(depends_on="Radio")
def calibrate(self, run): pass
"""
    record = tried(write_package, steps)
    assert (record.outcomes["tx"], record.outcomes["calibrate"]) == ("SKIPPED", "SKIPPED")


def test_group_is_decided_after_wishes_are_obeyed(write_package):
    steps = "@step\ndef before(self, run): pass" + GROUP.format(options="(run_if='radio')")
    manifest = "parameters: {radio: {type: boolean, default: true, live: true}}"
    desk = trial.Desk([wish("settings", settings={"radio": True})] * 2 + [wish("settings", settings={"radio": False})])
    record = tried(write_package, steps, manifest, desk=desk)
    assert record.outcomes["tx"] == "SKIPPED"


def test_limit_in_the_teardown_of_a_group_ends_the_run_after_it(write_package):
    desk = Wishing({"tx_off": [wish("limit", reason="wall time: 1 s allowed")]})
    record = tried(write_package, GROUP.format(options=""), desk=desk)
    assert (record.outcomes["tx_off"], record.outcomes["after"]) == ("PASS", "SKIPPED")
    assert (record.verdict["ending"], record.verdict["message"]) == ("failed", "wall time: 1 s allowed")


def test_settings_behind_a_pause_in_the_teardown_of_a_group_hold_at_once(write_package):
    manifest = "parameters: {level: {type: integer, default: 1, live: true}}"
    wishes = [wish("pause"), wish("settings", settings={"level": 2}), wish("resume")]
    record = tried(write_package, GROUP.format(options=""), manifest, desk=Wishing({"tx_off": wishes}))
    assert [message for _, message, _ in answers(record)] == ["level: 1 → 2"]
    assert record.outcomes["after"] == "PASS"
