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

    @step(timeout_s=2, stop_on_fail=False, retry_delay_s=1)
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
    assert [(step.attempts, step.retry_delay_s, step.stop_on_fail) for step in plan.main] == [
        (4, 0.5, True),
        (2, 1, False),
    ]
    assert [step.timeout_s for step in plan] == [None, None, 2, 10.0]
    assert plan.teardown[0].attempts == 1


@pytest.mark.parametrize("cycles", [-1, 2.5, True, None])
def test_repetition_must_be_a_whole_number(cycles):
    with pytest.raises(ValueError, match="step 'loop' is repeated 'cycles' times, which is"):
        plan_of(cycles)


def test_decorated_methods_stay_callable():
    assert Example().on(None) is None
