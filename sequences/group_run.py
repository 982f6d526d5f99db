"""Runs a group of steps: setup, main, and whatever becomes of them, the teardown of what was set up."""

from __future__ import annotations

from itertools import product

from sequences import interrupts
from sequences.attempt import Attempt, attempt_step, describe, error_fields, outcome_of
from sequences.carrying import CarriedOver, overlap
from sequences.contracts import SKIPPED_BY_REQUEST
from sequences.deadlines import Deadlines
from sequences.host import SpoolFull
from sequences.interrupts import Interrupt, LimitExceeded, SkipRequested, Stopped
from sequences.judgement import Judgement
from sequences.outcomes import Happening, Outcome
from sequences.plan import Group, Step
from sequences.recorder import Recorder
from sequences.run import Run
from sequences.steering import Steering
from sequences.story import Story

RETRIED = (Outcome.FAIL, Outcome.ERROR)


class GroupRun:
    """One pass through a group. `skip_reason`: why the rest of setup and main does not run; empty while it does."""

    def __init__(
        self,
        group: Group,
        run: Run,
        recorder: Recorder,
        *,
        story: Story,
        steering: Steering,
        deadlines: Deadlines,
        judgement: Judgement,
        carried: CarriedOver,
    ) -> None:
        self._group = group
        self._run = run
        self._recorder = recorder
        self._story = story
        self._steering = steering
        self._deadlines = deadlines
        self._judgement = judgement
        self._carried = carried
        self._entered = False
        self.skip_reason = ""

    def execute(self) -> None:
        """Run the group to its end. Raises GuardLost and nothing else."""
        self._take_over()
        for step in [*self._group.setup, *self._group.main]:
            self._run_repeatedly(step)
        self._deadlines.end_sequence()
        late = interrupts.begin_teardown()
        self._steering.in_teardown = True
        if isinstance(late, Stopped):
            self._steering.answer(late.control, "stop")
        self._recorder.emit = self._story.emit  # a full spool must not keep the teardown from its work
        self.skip_reason = "" if self._entered else "nothing was set up"
        for step in self._group.teardown:
            self._run_repeatedly(step)
        self._own_up_to_limit()

    def _take_over(self) -> None:
        """Tell of the steps that do not run again, before anything can end this run."""
        if self._carried:
            self._deadlines.begin_step(None)
        for carried, step in product(self._carried, self._group.main):
            outcome = Outcome(carried["outcome"])
            message = f"{SKIPPED_BY_REQUEST}: carried over" if outcome is Outcome.SKIPPED else "carried over"
            taken = Attempt(outcome, message, carried["marginal"], duration_ms=0.0)
            for index in overlap(carried, step.indexes):
                self._recorder.steps_over += 1
                self._write_end(step, index, 1, taken, retrying=False, carried=True)
                self._judge(step, taken, carried=True)

    def _run_repeatedly(self, step: Step) -> None:
        for number, index in enumerate(step.indexes):
            if index in self._carried:
                self._entered |= not self.skip_reason
                continue
            if not self.skip_reason:
                self._obey_wishes(step)
            if self.skip_reason:
                self._skip(step, index)
                return
            skip = self._steering.skips.begin(index)
            if skip is None:
                self._run_step(step, index, number)
            else:
                self._leave_out(step, index, skip)

    def _obey_wishes(self, step: Step) -> None:
        try:
            self._steering.wait()
        except Interrupt as interrupt:
            self._interrupted(interrupt, f"before step '{step.name}'")

    def _skip(self, step: Step, index: int) -> None:
        rest = range(index, step.indexes.stop)
        self._recorder.steps_over += len(rest) - self._carried.within(rest)
        skipped = Attempt(Outcome.SKIPPED, self.skip_reason, marginal=False, duration_ms=0.0)
        self._write_end(step, index, 1, skipped, retrying=False)

    def _leave_out(self, step: Step, index: int, skip: SkipRequested) -> None:
        """Somebody wanted this step skipped before it began."""
        self._recorder.steps_over += 1
        skipped = self._cut_short(skip)
        self._write_end(step, index, 1, skipped, retrying=False)
        self._judge(step, skipped)

    def _run_step(self, step: Step, index: int, number: int) -> None:
        """Try a step until it passes or has no attempts left, and draw the consequences."""
        self._entered = True
        attempt = 1
        ended = self._attempt(step, index, number, attempt)
        while attempt < step.attempts and self._may_retry(ended):
            self._write_end(step, index, attempt, ended, retrying=True)
            attempt += 1
            ended = self._wait_to_retry(step) or self._attempt(step, index, number, attempt)
        self._recorder.steps_over += 1
        if ended.problem is not None:
            self._write_problem(step, index, attempt, ended.problem)
        late = self._steering.skips.end()
        if late is not None and not isinstance(ended.problem, SkipRequested):
            self._steering.answer(late["control"], "skip", "the step has ended")
        self._write_end(step, index, attempt, ended, retrying=False)
        self._judge(step, ended)

    def _may_retry(self, ended: Attempt) -> bool:
        interrupted = isinstance(ended.problem, Interrupt)
        return ended.outcome in RETRIED and not interrupted and self._story.full is None

    def _attempt(self, step: Step, index: int, number: int, attempt: int) -> Attempt:
        self._run.index, self._run.attempt = number, attempt
        self._recorder.begin(index, attempt)
        self._story.emit("step.started", step=index, attempt=attempt, name=step.name, group=step.group)
        if self._story.full is not None and step.group != "teardown":
            return self._cut_short(self._story.full)
        ended = attempt_step(step, self._run, self._recorder, self._deadlines)
        if isinstance(ended.problem, SpoolFull):
            self._story.full = ended.problem
        self._recorder.write_progress(self._story.emit)
        return ended

    def _wait_to_retry(self, step: Step) -> Attempt | None:
        """Wait before the next attempt. If somebody ends the wait, returns that attempt, over before it began."""
        self._deadlines.begin_step(None)
        try:
            self._steering.wait(step.retry_delay_s)
        except Interrupt as interrupt:
            return self._cut_short(interrupt)
        return None

    def _cut_short(self, problem: BaseException) -> Attempt:
        return Attempt(outcome_of(problem), describe(problem), marginal=False, duration_ms=0.0, problem=problem)

    def _write_problem(self, step: Step, index: int, attempt: int, problem: BaseException) -> None:
        if isinstance(problem, Stopped):
            self._interrupted(problem, f"in step '{step.name}'")
            return
        if isinstance(problem, SkipRequested):
            return
        if isinstance(problem, Interrupt):
            interrupts.take_notice()
        if isinstance(problem, LimitExceeded):
            interrupts.take_exceeded()  # told here; any other one is told at the end
        self._story.emit("error", step=index, attempt=attempt, **error_fields(problem))

    def _write_end(self, step: Step, index: int, attempt: int, ended: Attempt, *, retrying: bool, **more: bool) -> None:
        self._story.emit(
            "step.ended",
            step=index,
            attempt=attempt,
            name=step.name,
            group=step.group,
            outcome=ended.outcome,
            marginal=ended.marginal,
            duration_ms=ended.duration_ms,
            retrying=retrying,
            message=ended.message,
            result=ended.result,
            progress=round(self._recorder.steps_over / self._recorder.total_steps, 4),
            **more,
        )

    def _interrupted(self, interrupt: Interrupt, place: str) -> None:
        """Act on an interrupt that ends setup and main."""
        interrupts.take_notice()
        if isinstance(interrupt, Stopped):
            self.skip_reason = "the run was stopped"
            message = f"stop obeyed {place}"
            self._story.emit("control", control=interrupt.control, word="stop", message=message)
            reason = f": {interrupt.reason}" if interrupt.reason else ""
            self._judgement.note(Happening.STOPPED, f"Stopped {place}{reason}.")
        elif isinstance(interrupt, LimitExceeded):
            self.skip_reason = "the run exceeded a limit"
            self._own_up_to_limit()
        else:
            self.skip_reason = "the sequence took too long"
            self._judgement.note(Happening.TIMED_OUT, f"Timeout {place}: {interrupt}.")

    def _own_up_to_limit(self) -> None:
        """A limit that was exceeded between steps, or too late to end one."""
        limit = interrupts.take_exceeded()
        if limit is not None:
            self._story.emit("error", step=None, attempt=None, **error_fields(limit))
            self._judgement.note(Happening.LIMIT_EXCEEDED, str(limit))

    def _judge(self, step: Step, ended: Attempt, *, carried: bool = False) -> None:
        """Draw the consequences of a finished step. One that was carried over ends nothing any more."""
        self._judgement.marginal |= ended.marginal
        self._judgement.skipped += ended.outcome is Outcome.SKIPPED
        if ended.outcome in (Outcome.PASS, Outcome.NONE, Outcome.SKIPPED):
            return
        happening = Happening.STEP_FAILED if carried else self._happening(step, ended)
        exceeded = isinstance(ended.problem, LimitExceeded)
        message = ended.message if exceeded else f"Step '{step.name}' {VERBS[ended.outcome]}: {ended.message}"
        self._judgement.note(happening, message, step.name)
        if step.group != "teardown" and happening is not Happening.STEP_FAILED and not self.skip_reason:
            self.skip_reason = f"step '{step.name}' {VERBS[ended.outcome]}"

    def _happening(self, step: Step, ended: Attempt) -> Happening:
        if ended.outcome is Outcome.TIMEOUT:
            return Happening.TIMED_OUT
        if ended.outcome is Outcome.ERROR:
            exceeded = isinstance(ended.problem, SpoolFull | LimitExceeded)
            return Happening.LIMIT_EXCEEDED if exceeded else Happening.EXCEPTION
        ends_it = step.group == "setup" or (step.group == "main" and step.stop_on_fail)
        return Happening.FAILURE_ENDED_IT if ends_it else Happening.STEP_FAILED


VERBS = {Outcome.FAIL: "failed", Outcome.TIMEOUT: "timed out", Outcome.ERROR: "ended with an error"}
