"""Executes one job: preflight, the steps, and the verdict. Knows neither process nor database, only its host."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from sequences import interrupts
from sequences.attachments import RUN_LIMIT_MB, AttachmentFolder, Attachments
from sequences.attempt import check_result, error_fields, open_files_exceeded
from sequences.by_hand import ByHand
from sequences.deadlines import Deadlines
from sequences.group_run import GroupRun
from sequences.host import GuardLost, Host, SpoolFull
from sequences.interrupts import Interrupt, LimitExceeded, Stopped, interruptible, shielded
from sequences.items.options import ItemsOptions, effective_options
from sequences.items.results import KnownResults
from sequences.items.step import ItemsStep
from sequences.judgement import Judgement
from sequences.live_settings import LiveSettings
from sequences.loader import PackageError
from sequences.manifest import Manifest
from sequences.outcomes import Happening
from sequences.preflight import Instruments, Prepared, ReadyInstruments, prepare
from sequences.prompts import Prompts
from sequences.recorder import Recorder
from sequences.run import Parameters, Run
from sequences.saved_values import SavedValues
from sequences.skips import Skips
from sequences.steering import Steering
from sequences.step_run import StepRun
from sequences.story import Story
from stations.contracts import Job, Verdict
from stations.drivers.instrument_lock import Locks

__all__ = ["GuardLost", "Host", "SpoolFull", "execute"]

MANUAL_KIND = "manual"
PREFLIGHT_TIMEOUT_S = 30.0
CLOSE_TIMEOUT_S = 10.0


def execute(job: Job, host: Host, instruments: Mapping[str, Any] | None = None) -> Verdict:
    """Run a job to its end and return its verdict. Main thread only, because signals interrupt it.

    `instruments`: ready-made objects by role, instead of drivers for those of the job. Raises GuardLost.
    """
    deadlines = Deadlines(host)
    shielded(host.emit)
    with interrupts.listening(deadlines.expired):
        return _Execution(job, host, deadlines).run(instruments)


class _Execution:
    def __init__(self, job: Job, host: Host, deadlines: Deadlines) -> None:
        self._job = job
        self._deadlines = deadlines
        self._story = Story(host)
        self._host = host
        self._emit = host.emit
        self._judgement = Judgement()

    def run(self, objects: Mapping[str, Any] | None) -> Verdict:
        self._deadlines.begin_step(PREFLIGHT_TIMEOUT_S)
        try:
            prepared = prepare(self._job)
        except (Exception, Interrupt) as problem:
            self._refuse(problem, "sequence")
            return self._judgement.verdict()
        self._judgement.judges = prepared.package.manifest.kind != MANUAL_KIND
        roles = prepared.package.manifest.instruments
        if objects is None:
            settings, allowed = self._job.get("instruments", {}), self._job.get("drivers", ())
            instruments = Instruments(roles, settings, prepared.driver_classes, allowed, self._locks())
        else:
            instruments = ReadyInstruments(roles, objects, prepared.driver_classes)
        try:
            return self._run_with(instruments, prepared)
        finally:
            instruments.close()

    def _run_with(self, instruments: Instruments, prepared: Prepared) -> Verdict:
        refusal = self._try(instruments.load)
        helps_with = self._job.get("helps_with")
        plan = prepared.plan.only(helps_with) if helps_with else prepared.plan
        self._story.emit(
            "batch.started", plan=plan.as_lines(), total_steps=plan.total_steps, drivers=instruments.describe()
        )
        refusal = refusal or self._try(instruments.open)
        self._deadlines.end_step()
        recorder = Recorder(prepared.limits, self._emit, plan.total_steps)
        parameters = Parameters(**prepared.parameters)
        settings = LiveSettings(prepared.package.manifest.parameters, parameters)
        skips = Skips(plan, prepared.carried)
        steering = Steering(self._host, self._story, self._deadlines, skips, settings, self._by_hand(instruments))
        saved, results = SavedValues(prepared.carried.saved), KnownResults(self._job.get("results", {}))
        folder = self._attachment_folder()
        run = Run(
            recorder,
            steering.wait,
            Prompts(recorder, steering, prepared.package.path),
            subject=self._job["subject"],
            parameters=parameters,
            instruments=instruments.for_steps,
            saved=saved,
            attachments=Attachments(recorder, folder),
            serve_by_hand=steering.serve_by_hand,
            results=results,
        )
        self._deadlines.begin_sequence(prepared.package.manifest.timeout_s)
        steps = StepRun(
            run,
            recorder,
            story=self._story,
            steering=steering,
            deadlines=self._deadlines,
            judgement=self._judgement,
            items=ItemsStep(
                steering.serve_items,
                self._story,
                recorder,
                options=self._items_options(prepared.package.manifest),
                saved=saved,
                folder=folder,
                results=results,
            ),
        )
        if refusal is not None:
            steps.skip_reason = self._refuse(refusal, "sequence" if isinstance(refusal, PackageError) else "hardware")
        GroupRun(
            plan,
            run,
            steps,
            recorder=recorder,
            story=self._story,
            steering=steering,
            deadlines=self._deadlines,
            carried=prepared.carried,
        ).execute()
        return self._end(run, instruments)

    def _end(self, run: Run, instruments: Instruments) -> Verdict:
        self._tell_when_full()
        self._close(instruments)
        verdict = self._judgement.verdict(self._result_of(run))
        if self._story.unwritten:
            verdict["unwritten"] = self._story.unwritten
        return verdict

    def _by_hand(self, instruments: Instruments) -> ByHand:
        around, allowed = self._job.get("instruments", {}), self._job.get("drivers", ())
        return ByHand(around, instruments.by_role, self._story, allowed, self._locks())

    def _items_options(self, manifest: Manifest) -> ItemsOptions:
        declared = effective_options(manifest.items, max_failed_items=manifest.max_failed_items)
        return cast(ItemsOptions, self._job.get("items") or declared)

    def _locks(self) -> Locks | None:
        folder = self._job.get("locks")
        return Locks(Path(folder), f"run {self._job['run']} on {self._job['slot']}") if folder else None

    def _attachment_folder(self) -> AttachmentFolder:
        folder = self._job.get("attachments") or Path(tempfile.gettempdir()) / "attachments"
        return AttachmentFolder(Path(folder), self._job["resources"].get("attachments_mb", RUN_LIMIT_MB))

    def _tell_when_full(self) -> None:
        full = self._story.full
        if full is None or not self._judgement.note(Happening.LIMIT_EXCEEDED, f"The story is incomplete: {full}"):
            return
        self._story.emit("error", step=None, attempt=None, **error_fields(full))

    def _try(self, action: Any) -> BaseException | None:
        try:
            interruptible(action)
        except (Exception, Interrupt) as problem:
            return problem
        return None

    def _refuse(self, problem: BaseException, category: str) -> str:
        """The run cannot begin. Returns the reason for which its steps are skipped."""
        interrupts.take_notice()
        if isinstance(problem, Stopped):
            place = "before the first step"
            self._story.emit("control", control=problem.control, word="stop", message=f"stop obeyed {place}")
            self._judgement.note(Happening.STOPPED, f"Stopped {place}: {problem.reason}.")
            return "the run was stopped"
        problem = open_files_exceeded(problem) or problem
        if isinstance(problem, LimitExceeded):
            interrupts.take_exceeded()
            self._story.emit("error", step=None, attempt=None, **error_fields(problem))
            self._judgement.note(Happening.LIMIT_EXCEEDED, str(problem))
            return "the run exceeded a limit"
        message = f"The run could not be prepared: {problem}." if isinstance(problem, Interrupt) else str(problem)
        self._story.emit("error", step=None, attempt=None, **{**error_fields(problem, category), "message": message})
        self._judgement.note(Happening.NOT_READY, message)
        return "the run was not ready to begin"

    def _close(self, instruments: Instruments) -> None:
        self._deadlines.begin_step(CLOSE_TIMEOUT_S)
        try:
            problems: list[Any] = list(interruptible(instruments.close))
        except Interrupt as timeout:
            problems = [f"closing the instruments {timeout}"]
        self._deadlines.end_step()
        self._deadlines.begin_step(None)
        for problem in problems:
            self._story.emit("log", step=None, attempt=None, level="WARNING", message=str(problem), origin="engine")

    def _result_of(self, run: Run) -> Any:
        try:
            check_result(run.result)
        except (TypeError, ValueError) as problem:
            self._story.emit("error", step=None, attempt=None, **error_fields(problem, "sequence"))
            self._judgement.note(Happening.EXCEPTION, f"run.result: {problem}")
            return None
        return None if run.result == {} else run.result
