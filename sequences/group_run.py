"""Runs the groups of a plan: setup, main, and whatever becomes of them, the teardown of what was set up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

from sequences import interrupts
from sequences.carrying import CarriedOver, overlap
from sequences.conditions import ALWAYS, Condition
from sequences.deadlines import Deadlines
from sequences.host import GuardLost
from sequences.interrupts import Stopped, interruptible
from sequences.plan import Group, Step
from sequences.recorder import Recorder
from sequences.run import Run
from sequences.steering import Steering
from sequences.step_run import StepRun
from sequences.story import Story


class GroupRun:
    """One pass through a plan."""

    def __init__(
        self,
        plan: Group,
        run: Run,
        steps: StepRun,
        *,
        recorder: Recorder,
        story: Story,
        steering: Steering,
        deadlines: Deadlines,
        carried: CarriedOver,
    ) -> None:
        self._plan = plan
        self._run = run
        self._steps = steps
        self._recorder = recorder
        self._story = story
        self._steering = steering
        self._deadlines = deadlines
        self._carried = carried

    def execute(self) -> None:
        """Run the plan to its end. Raises GuardLost and nothing else."""
        self._take_over()
        entered = self._set_up_and_run(self._plan)
        self._deadlines.end_sequence()
        late = interrupts.begin_teardown()
        self._steering.begin_last_teardown()
        if isinstance(late, Stopped):
            self._steering.answer(late.control, "stop")
        self._recorder.emit = self._story.emit  # a full spool must not keep the teardown from its work
        self._tear_down(self._plan, entered)
        self._steering.end()
        self._steps.own_up_to_limit()

    def _take_over(self) -> None:
        """Tell of the steps that do not run again, before anything can end this run."""
        if self._carried:
            self._deadlines.begin_step(None)
        for carried, step in product(self._carried, self._plan.main_steps):
            self._steps.take_over(step, overlap(carried, step.indexes), carried)

    def _set_up_and_run(self, group: Group) -> bool:
        """Setup and main. Returns whether any step of them has begun: then there is something to tear down."""
        entered = False
        for step in group.setup:
            entered |= self._run_step(step)
        for item in group.main:
            entered |= self._run_group(item) if isinstance(item, Group) else self._run_step(item)
        return entered

    def _tear_down(self, group: Group, entered: bool) -> None:
        for step in group.teardown:
            self._run_step(step, "" if entered else "nothing was set up")

    def _run_group(self, group: Group) -> bool:
        """A nested group: its teardown runs before main goes on. Returns whether any of its steps has begun."""
        if self._carried.within(group.indexes) == len(group.indexes):
            self._sum_up(group)
            return not self._steps.skip_reason
        if not self._steps.skip_reason:
            self._steps.obey_wishes(next(iter(group)))
        if not self._is_due(group, group.name, list(group)):
            return False
        entered = self._set_up_and_run(group)
        with self._nested_teardown():
            self._tear_down(group, entered)
        self._sum_up(group)
        return entered

    @contextmanager
    def _nested_teardown(self) -> Iterator[None]:
        """Nothing but its own timeouts interrupts it. What people or the clock want meanwhile happens afterwards."""
        self._deadlines.suspend_sequence()
        interrupts.begin_nested_teardown()
        self._steering.begin_nested_teardown()
        emit, self._recorder.emit = self._recorder.emit, self._story.emit
        try:
            yield
        finally:
            self._recorder.emit = emit
            self._steering.end_nested_teardown()
            interrupts.end_nested_teardown()
            self._deadlines.go_on_with_sequence()

    def _sum_up(self, group: Group) -> None:
        for item in group.main:
            if isinstance(item, Group) and item.name not in self._steps.ledger.outcomes:
                self._sum_up(item)  # carried over with it
        self._steps.ledger.sum_up(group.name, [step.name for step in group])

    def _run_step(self, step: Step, skip_reason: str | None = None) -> bool:
        """Run a step with its repetitions. `skip_reason`: why it does not run; of setup and main it is asked for anew
        before each repetition. Returns whether it has begun.
        """
        entered = False
        for number, index in enumerate(step.indexes):
            if index in self._carried:
                entered |= not self._steps.skip_reason
                continue
            if not self._why_not(skip_reason):
                self._steps.obey_wishes(step)
            if why := self._why_not(skip_reason):
                self._steps.skip(step, index, why, self._carried.within(range(index, step.indexes.stop)))
                return entered
            if number == 0 and not self._is_due(step, step.name, [step], skip_reason):
                return entered
            skip = self._steering.skips.begin(index)
            if skip is None:
                entered = True
                self._steps.run(step, index, number)
            else:
                self._steps.leave_out(step, index, skip)
        return entered

    def _why_not(self, skip_reason: str | None) -> str:
        return self._steps.skip_reason if skip_reason is None else skip_reason

    def _is_due(self, item: Step | Group, name: str, steps: list[Step], skip_reason: str | None = None) -> bool:
        """Whether the item's gate, dependencies and branch let it run. If not, its steps are written as skipped."""
        if item.condition is ALWAYS or self._why_not(skip_reason):
            return True  # where the run is over, the steps themselves say so
        why = self._closed_gate(item.condition, name) or item.condition.unmet_dependency(self._steps.ledger.outcomes)
        undecided = None if why else self._ask_branch(item.condition, steps[0])
        if isinstance(undecided, BaseException):
            self._steps.not_decided(steps[0], undecided)
            why, steps = self._steps.skip_reason, steps[1:]
        elif undecided:
            why = undecided
        if not why:
            return True
        for step in steps:
            if not self._carried.within(step.indexes):
                self._steps.skip(step, step.first, why)
        if isinstance(item, Group):
            self._sum_up(item)
        return False

    def _closed_gate(self, condition: Condition, name: str) -> str | None:
        if not condition.gate or not self._steps.something_failed:
            return None
        self._steps.close_gate(name)
        return self._steps.skip_reason

    def _ask_branch(self, condition: Condition, step: Step) -> str | BaseException | None:
        """Why the branch is not taken, if it is not; or what kept the author's function from telling."""
        if condition.run_if is None:
            return None
        self._deadlines.begin_step(step.timeout_s)
        self._recorder.is_asked = True
        try:
            return interruptible(condition.not_needed, self._run)
        except GuardLost:
            raise
        except BaseException as problem:
            return problem
        finally:
            self._recorder.is_asked = False
            self._deadlines.end_step()
