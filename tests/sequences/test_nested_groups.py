"""Nested groups: their teardown runs before main goes on, and nothing that comes meanwhile is lost."""

from __future__ import annotations

import pytest

from sequences import trial
from tests.sequences.wishing import Wishing, wish

RADIO = """
@setup
def on(self, run): self.level = 7
@group{options}
class Radio:
    @setup
    def radio_on(self, run): run.log(f"outer level {{self.outer.level}}")
    @step
    def transmit(self, run): {transmit}
    @teardown
    def radio_off(self, run): {radio_off}
@step
def after(self, run): run.log("after")
@teardown
def off(self, run): pass
"""


def radio(options: str = "", transmit: str = "pass", radio_off: str = "pass") -> str:
    return RADIO.format(options=options, transmit=transmit, radio_off=radio_off)


def test_group_runs_where_it_stands_and_sees_the_instance_around_it(write_package):
    record = trial.run(write_package(radio()))
    assert list(record.outcomes) == ["on", "radio_on", "transmit", "radio_off", "after", "off"]
    assert record.of_kind("log")[0]["message"] == "outer level 7"
    plan = record.of_kind("batch.started")[0]["plan"]
    assert [(step["group"], step.get("within")) for step in plan] == [
        ("setup", None),
        ("setup", "Radio"),
        ("main", "Radio"),
        ("teardown", "Radio"),
        ("main", None),
        ("teardown", None),
    ]


def test_groups_in_groups_are_torn_down_from_the_inside(write_package):
    steps = """
    @group
    class Outer:
        @group
        class Inner:
            @step
            def work(self, run): run.log(type(self.outer).__name__)
            @teardown
            def inner_off(self, run): pass
        @step
        def between(self, run): pass
        @teardown
        def outer_off(self, run): pass
    """
    record = trial.run(write_package(steps))
    assert list(record.outcomes) == ["work", "inner_off", "between", "outer_off"]
    assert record.of_kind("log")[0]["message"] == "Outer"
    assert record.of_kind("batch.started")[0]["plan"][0]["within"] == "Outer/Inner"


def test_failed_limit_in_a_group_does_not_stop_main(write_package):
    record = trial.run(write_package(radio(transmit="run.fail('weak')")))
    assert record.outcomes["transmit"] == "FAIL"
    assert (record.outcomes["radio_off"], record.outcomes["after"]) == ("PASS", "PASS")
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("completed", "FAIL")


def test_error_in_the_teardown_of_a_group_ends_main(write_package):
    record = trial.run(write_package(radio(radio_off="raise OSError('stuck')")))
    assert (record.outcomes["after"], record.outcomes["off"]) == ("SKIPPED", "PASS")
    assert (record.verdict["ending"], record.verdict["cause"]) == ("failed", "radio_off")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("(run_if=lambda run: False)", "not needed in this run"),
        ("(run_if='wanted')", "not needed: 'wanted' is off"),
    ],
)
def test_group_that_is_not_needed_is_never_entered(write_package, options, why):
    manifest = "parameters: {wanted: {type: boolean, default: false}}"
    record = trial.run(write_package(radio(options), manifest))
    assert {step["message"] for step in record.steps if step["outcome"] == "SKIPPED"} == {why}
    assert [name for name, outcome in record.outcomes.items() if outcome == "SKIPPED"] == [
        "radio_on",
        "transmit",
        "radio_off",
    ]
    assert record.verdict["outcome"] == "PASS"
    assert record.verdict["message"] == "Every step passed."
    assert record.of_kind("step.ended")[-1]["progress"] == 1.0


def test_branch_that_cannot_be_decided_is_an_error(write_package):
    record = trial.run(write_package(radio("(run_if=lambda run: run.outcomes['unknown'])")))
    assert (record.outcomes["radio_on"], record.outcomes["transmit"]) == ("ERROR", "SKIPPED")
    assert (record.outcomes["after"], record.outcomes["off"]) == ("SKIPPED", "PASS")
    assert record.verdict["message"] == "Step 'radio_on' ended with an error: KeyError: 'unknown'"


def test_stop_in_the_teardown_of_a_group_waits_for_its_end(write_package):
    desk = Wishing({"radio_off": [wish("stop", reason="enough")]})
    record = trial.run(write_package(radio(radio_off="run.sleep(0.05); run.log('radio is off')")), desk=desk)
    assert "radio is off" in [line["message"] for line in record.of_kind("log")]
    assert record.outcomes["radio_off"] == "PASS"
    assert record.outcomes["after"] == "SKIPPED"
    assert (record.verdict["ending"], record.outcomes["off"]) == ("stopped", "PASS")


def test_skip_in_the_teardown_of_a_group_is_obeyed_after_it(write_package):
    desk = Wishing({"radio_off": [wish("skip", step=4)]})
    record = trial.run(write_package(radio(radio_off="run.sleep(0.05)")), desk=desk)
    assert record.outcomes["after"] == "SKIPPED"
    assert record.verdict["message"] == "Every step passed but 1 skipped by request."


def test_timeout_of_the_sequence_does_not_cut_the_teardown_of_a_group_short(write_package):
    body = "time.sleep(0.3); run.log('radio is off')"
    record = trial.run(write_package(radio(radio_off=body), "timeout_s: 0.1"))
    assert "radio is off" in [line["message"] for line in record.of_kind("log")]
    assert (record.outcomes["radio_off"], record.outcomes["off"]) == ("PASS", "PASS")
    assert record.outcomes["after"] in ("TIMEOUT", "SKIPPED")
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("failed", "TIMEOUT")


def test_timeout_of_a_step_in_the_teardown_of_a_group_ends_that_step(write_package):
    steps = radio(radio_off="time.sleep(9)").replace("    @teardown\n", "    @teardown(timeout_s=0.1)\n")
    record = trial.run(write_package(steps))
    assert (record.outcomes["radio_off"], record.outcomes["after"], record.outcomes["off"]) == (
        "TIMEOUT",
        "SKIPPED",
        "PASS",
    )


def test_group_is_a_resumable_point_as_a_whole(write_package):
    plan = trial.run(write_package(radio())).of_kind("batch.started")[0]["plan"]
    assert [step["name"] for step in plan if step["resumable"]] == ["radio_on", "after"]


def test_group_that_was_finished_is_carried_over_with_its_teardown(write_package):
    carried = {"first": 1, "last": 3, "outcome": "PASS", "marginal": False}
    given = {"batch": "b", "steps": [carried], "saved": {}}
    record = trial.run(write_package(radio()), carried=given)
    assert [step["name"] for step in record.steps if step.get("carried")] == ["radio_on", "transmit", "radio_off"]
    assert [line["name"] for line in record.of_kind("step.started")] == ["on", "after", "off"]


def test_half_a_group_cannot_be_carried_over(write_package):
    given = {"batch": "b", "steps": [{"first": 1, "last": 2, "outcome": "PASS", "marginal": False}], "saved": {}}
    record = trial.run(write_package(radio()), carried=given)
    assert record.verdict["message"].startswith("Some steps of group 'Radio' are carried over, but not all.")


def test_outcome_of_a_group_can_be_depended_on(write_package):
    steps = radio(transmit="run.fail('weak')").replace("@step\ndef after", "@step(depends_on='Radio')\ndef after")
    record = trial.run(write_package(steps))
    after = next(step for step in record.steps if step["name"] == "after")
    assert (after["outcome"], after["message"]) == ("SKIPPED", "depends on 'Radio', which failed")


def test_items_in_and_out_are_kept_with_the_step(write_package):
    record = trial.run(write_package("@step\ndef a(self, run): run.count(items_in=10); run.count(items_out=7)"))
    assert (record.steps[0]["input_count"], record.steps[0]["output_count"]) == (10, 7)
    wrong = trial.run(write_package("@step\ndef b(self, run): run.count(items_in=-1)", name="other"))
    assert wrong.steps[0]["message"].startswith("ValueError: items are counted in whole numbers from 0")
