"""Runs one step with its attempts, writes how it ended, and draws the consequences."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType

from sequences import interrupts
from sequences.attempt import Attempt, attempt_step, describe, error_fields, outcome_of
from sequences.conditions import VERBS
from sequences.contracts import SKIPPED_BY_REQUEST
from sequences.deadlines import Deadlines
from sequences.host import SpoolFull
from sequences.interrupts import Interrupt, LimitExceeded, SkipRequested, Stopped
from sequences.items.step import ItemsStep
from sequences.judgement import Judgement
from sequences.ledger import Ledger
from sequences.outcomes import Happening, Outcome
from sequences.plan import Step
from sequences.recorder import Recorder
from sequences.run import Run
from sequences.steering import Steering
from sequences.story import Story
from stations.contracts import CarriedSteps

RETRIED = (Outcome.FAIL, Outcome.ERROR)


class StepRun:
    """One step after the other. `skip_reason`: why the rest of setup and main does not run; empty while it does.

    `ledger`: what has become of each step and group so far.
    """

    def __init__(
        self,
        run: Run,
        recorder: Recorder,
        *,
        story: Story,
        steering: Steering,
        deadlines: Deadlines,
        judgement: Judgement,
        items: ItemsStep | None = None,
    ) -> None:
        self._items = items
        self._run = run
        self._recorder = recorder
        self._story = story
        self._steering = steering
        self._deadlines = deadlines
        self._judgement = judgement
        self.skip_reason = ""
        self.ledger = Ledger()
        run.outcomes = MappingProxyType(self.ledger.outcomes)

    def take_over(self, step: Step, indexes: range, carried: CarriedSteps) -> None:
        """Tell of repetitions that do not run again."""
        outcome = Outcome(carried["outcome"])
        why = f"{carried.get('reason', SKIPPED_BY_REQUEST)}: " if outcome is Outcome.SKIPPED else ""
        message = f"{why}carried over"
        taken = Attempt(outcome, message, carried["marginal"], duration_ms=0.0)
        for index in indexes:
            self._recorder.steps_over += 1
            self._write_end(step, index, 1, taken, retrying=False, carried=True)
            self._judge(step, taken, carried=True)

    def obey_wishes(self, step: Step) -> None:
        try:
            self._steering.wait()
        except Interrupt as interrupt:
            self.interrupted(interrupt, f"before step '{step.name}'")

    def skip(self, step: Step, index: int, reason: str, carried: int = 0) -> None:
        """The repetitions from `index` on do not run; `carried` of them are over already."""
        self._recorder.steps_over += step.indexes.stop - index - carried
        skipped = Attempt(Outcome.SKIPPED, reason, marginal=False, duration_ms=0.0)
        self._write_end(step, index, 1, skipped, retrying=False)
        self.ledger.note(step.name, Outcome.SKIPPED, reason)

    def leave_out(self, step: Step, index: int, skip: SkipRequested) -> None:
        """Somebody wanted this step skipped before it began."""
        self._recorder.steps_over += 1
        skipped = self._cut_short(skip)
        self._write_end(step, index, 1, skipped, retrying=False)
        self._judge(step, skipped)

    def not_decided(self, step: Step, problem: BaseException) -> None:
        """The author's function could not tell whether a step runs: the step could not be judged."""
        self._recorder.steps_over += step.repeat
        self._write_problem(step, step.first, 1, problem)
        failed = self._cut_short(problem)
        self._write_end(step, step.first, 1, failed, retrying=False)
        self._judge(step, failed)

    def run(self, step: Step, index: int, number: int) -> None:
        """Try a step until it passes or has no attempts left, and draw the consequences."""
        attempt = 1
        ended = self._attempt(step, index, number, attempt)
        while attempt < step.attempts and self._may_retry(step, ended):
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

    def _may_retry(self, step: Step, ended: Attempt) -> bool:
        """A failed check is tried again, and an exception if it is one of those that the step names."""
        if isinstance(ended.problem, Interrupt) or self._story.full is not None:
            return False
        return ended.outcome in RETRIED and (ended.problem is None or isinstance(ended.problem, step.retry_on))

    def _attempt(self, step: Step, index: int, number: int, attempt: int) -> Attempt:
        self._run.index, self._run.attempt = number, attempt
        self._recorder.begin(index, attempt)
        self._story.emit("step.started", step=index, attempt=attempt, **step.place)
        if self._story.full is not None and step.group != "teardown":
            return self._cut_short(self._story.full)
        over_items = partial(self._items.go_over, step) if step.items and self._items is not None else None
        ended = attempt_step(step, self._run, self._recorder, self._deadlines, over_items)
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
            self.interrupted(problem, f"in step '{step.name}'")
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
            **step.place,
            outcome=ended.outcome,
            marginal=ended.marginal,
            duration_ms=ended.duration_ms,
            retrying=retrying,
            message=ended.message,
            result=ended.result,
            progress=round(self._recorder.steps_over / self._recorder.total_steps, 4),
            **ended.counts,
            **more,
        )

    def interrupted(self, interrupt: Interrupt, place: str) -> None:
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
            self.own_up_to_limit()
        else:
            self.skip_reason = "the sequence took too long"
            self._judgement.note(Happening.TIMED_OUT, f"Timeout {place}: {interrupt}.")

    def own_up_to_limit(self) -> None:
        """A limit that was exceeded between steps, or too late to end one."""
        limit = interrupts.take_exceeded()
        if limit is not None:
            self._story.emit("error", step=None, attempt=None, **error_fields(limit))
            self._judgement.note(Happening.LIMIT_EXCEEDED, str(limit))

    def close_gate(self, name: str) -> None:
        """Something has failed, so nothing of main runs from the gate before `name` on."""
        self.skip_reason = f"the gate before '{name}' is closed: step '{self._judgement.cause}' failed"
        self._judgement.note(Happening.FAILURE_ENDED_IT, self._judgement.message)

    @property
    def something_failed(self) -> bool:
        return self._judgement.worst is not Happening.ALL_PASSED

    def _judge(self, step: Step, ended: Attempt, *, carried: bool = False) -> None:
        """Draw the consequences of a finished step. One that was carried over ends nothing any more."""
        self.ledger.note(step.name, ended.outcome, ended.message)
        self._judgement.marginal |= ended.marginal
        by_request = ended.outcome is Outcome.SKIPPED and ended.message.startswith(SKIPPED_BY_REQUEST)
        self._judgement.skipped += by_request
        if ended.outcome in (Outcome.PASS, Outcome.NONE, Outcome.SKIPPED):
            return
        happening = Happening.STEP_FAILED if carried else self._happening(step, ended)
        exceeded = isinstance(ended.problem, LimitExceeded)
        message = ended.message if exceeded else f"Step '{step.name}' {VERBS[ended.outcome]}: {ended.message}"
        self._judgement.note(happening, message, step.name)
        if happening is not Happening.STEP_FAILED and not self.skip_reason:
            self.skip_reason = f"step '{step.name}' {VERBS[ended.outcome]}"

    def _happening(self, step: Step, ended: Attempt) -> Happening:
        if ended.outcome is Outcome.TIMEOUT:
            return Happening.TIMED_OUT
        if ended.outcome is Outcome.ERROR:
            exceeded = isinstance(ended.problem, SpoolFull | LimitExceeded)
            return Happening.LIMIT_EXCEEDED if exceeded else Happening.EXCEPTION
        ends_it = step.group == "setup" or (step.group == "main" and step.critical)
        return Happening.FAILURE_ENDED_IT if ends_it else Happening.STEP_FAILED
