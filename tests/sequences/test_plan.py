"""The plan: places of steps, and options decided between step, manifest and engine."""

from __future__ import annotations

import pytest

from sequences.authoring import sequence, setup, step, teardown
from sequences.manifest import Manifest, Retry
from sequences.plan import make_plan


@sequence
class Example:
    @teardown
    def off(self, run): ...

    @step(repeat="cycles", attempts=4)
    def loop(self, run): ...

    @setup
    def on(self, run): ...

    @step(timeout_s=2, critical=False, retry_delay_s=1)
    def last(self, run): ...


def plan_of(cycles=3, **manifest):
    return make_plan(Example.__sequence__, Manifest("example", "1", **manifest), {"cycles": cycles})


def test_plan_gives_each_step_its_places():
    plan = plan_of()
    assert [(step.name, step.first, step.repeat) for step in plan] == [
        ("on", 0, 1),
        ("loop", 1, 3),
        ("last", 4, 1),
        ("off", 5, 1),
    ]
    assert plan.total_steps == 6


def test_step_counts_above_manifest_and_manifest_above_engine():
    plan = plan_of(retry=Retry(attempts=2, delay_s=0.5), stop_on_fail=True)
    assert [(step.attempts, step.retry_delay_s, step.critical) for step in plan.main] == [
        (4, 0.5, True),
        (2, 1, False),
    ]
    assert [step.timeout_s for step in plan] == [None, None, 2, 10.0]
    assert plan.teardown[0].attempts == 1


@sequence
class Resumable:
    @setup
    def on(self, run): ...

    @step
    def silent(self, run): ...

    @step(resumable=True)
    def allowed(self, run): ...

    @step(resumable=False)
    def forbidden(self, run): ...

    @teardown
    def off(self, run): ...


@pytest.mark.parametrize(
    ("declared", "silent"),
    [
        ({}, True),
        ({"instruments": {"psu": "powers it"}}, False),
        ({"instruments": {"psu": "powers it"}, "resumable": True}, True),
        ({"resumable": False}, False),
    ],
)
def test_resumable_is_said_by_step_then_manifest_then_the_lack_of_a_bench(declared, silent):
    plan = make_plan(Resumable.__sequence__, Manifest("example", "1", **declared), {})
    assert [line["resumable"] for line in plan.as_lines()] == [False, silent, True, False, False]


@pytest.mark.parametrize("cycles", [-1, 2.5, True, None])
def test_repetition_must_be_a_whole_number(cycles):
    with pytest.raises(ValueError, match="step 'loop' is repeated 'cycles' times, which is"):
        plan_of(cycles)


def test_decorated_methods_stay_callable():
    assert Example().on(None) is None
