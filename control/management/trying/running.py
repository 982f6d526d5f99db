"""One trial from its job to its end: hands it to the guard, reads its spool, obeys Ctrl-C."""

from __future__ import annotations

import select
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from control.journal.kinds import Kind
from control.lifecycle.finish import End
from control.management.awaited_signals import AwaitedSignals
from control.management.refusing import StartFailed
from control.management.trying.answering import Answers
from control.management.trying.item_feed import OF_ITEMS, ItemFeed, progress_event
from control.management.trying.own_guard import OwnGuard
from control.management.trying.places import Place
from control.models import Batch, Event
from control.states import State, StepOutcome
from control.worker.hand_over import MIB, SPOOL_LIMIT_MB
from control.worker.spool import Spool, parse
from control.worker.spool_bell import SpoolBell
from control.worker.spool_import import Page
from sequences.catalogue import Package
from sequences.trial import Record
from stations.contracts import Ending, Job, Verdict
from stations.run_limits import effective_ladder, effective_resources

LOOK_EVERY_S = 0.05  # for lines that ring no bell
MOST_GUARDS = 3  # one after the other, should they die
STOPPING = "Stopping with teardown … Ctrl-C again ends it at once."
ANSWERED = (Kind.PROMPT_ANSWERED, Kind.PROMPT_CLOSED, Kind.STEP_ENDED)
KILLING = "Killed. The instruments are brought into their safe state …"


@dataclass(frozen=True)
class Tellers:
    """Where the story goes: each event, and our own words."""

    event: Callable[[Event], None]
    say: Callable[[str], None]


class OneTrial:
    """Runs one package at a place. `batch`, which is in no database, tells how it ended; `record` all that happened."""

    def __init__(
        self,
        package: Package,
        parameters: dict[str, Any],
        subject: str,
        place: Place,
        answers: Answers,
        items: ItemFeed | None = None,
    ) -> None:
        self.package = package
        self.answers = answers
        self.items = items or ItemFeed(None)
        self._progress, self._total_steps = 0.0, 1
        self.place = place
        self.record = Record(package.name)
        self.safe_state: dict[str, Any] | None = None
        self.batch = Batch(
            pk=uuid4(), name=package.title, sequence=package.name, version=package.version, sha256=package.sha256
        )
        self.batch.parameters, self.batch.subject = parameters, subject
        self.batch.state = State.QUEUED
        self.job = _job(self.batch, package, place)
        self._spool = Spool(place.paths.spool(self.job["run"]))
        self._offset = 0
        self._page = Page(self.batch)
        self._killed = False

    def run(self, ctrl_c: AwaitedSignals, tellers: Tellers) -> None:
        """Until the run has ended and its slot is safe. Raises StartFailed when it did not even begin."""
        self.batch.started_at = datetime.now(UTC)
        with ExitStack() as stack:
            stack.callback(self._remove_spool)
            bell = stack.enter_context(SpoolBell(self.place.paths.spool_bell(self.job["run"])))
            guard = stack.enter_context(OwnGuard(self.place))
            if not guard.hand_over(self.job, ctrl_c.wait):
                self._end(State.STOPPED, StepOutcome.NONE, "Stopped before it began.")
                return
            self.batch.state = State.RUNNING
            self._follow(guard, bell, ctrl_c, tellers)

    def _follow(self, guard: OwnGuard, bell: SpoolBell, ctrl_c: AwaitedSignals, tellers: Tellers) -> None:
        obeyed, guards = 0, 1
        while True:
            died = guard.has_ended()  # before we look: what it wrote last is read once more
            if self._tell_new(tellers, guard):
                return
            self.items.deliver(lambda wish: guard.wish(self.job["run"], wish))
            if ctrl_c.count > obeyed:
                obeyed = ctrl_c.count
                ctrl_c.take()
                self._obey(guard, obeyed, tellers)
            elif died:
                if guards == MOST_GUARDS:
                    raise StartFailed(
                        f"The guard of {self.place.slot} died again and again. Is everything switched off?"
                    )
                guards += 1
                guard.start()
            else:
                waited_for = [bell, guard.pidfd, ctrl_c, *self.answers.readable]
                ready = select.select(waited_for, [], [], LOOK_EVERY_S)[0]
                bell.drain()
                if set(ready) & set(self.answers.readable) and (wish := self.answers.read(tellers.say)):
                    guard.wish(self.job["run"], wish)

    def _obey(self, guard: OwnGuard, times: int, tellers: Tellers) -> None:
        if times == 1:
            tellers.say(STOPPING)
            guard.stop(self.job["run"], "Ctrl-C")
        elif not self._killed:
            self._killed = True
            tellers.say(KILLING)
            guard.kill()

    def _tell_new(self, tellers: Tellers, guard: OwnGuard) -> bool:
        """Take every line that is there; True after the last one."""
        while text := self._spool.read(self._offset):
            self._offset += len(text)
            for line in parse(text):
                self.items.take(line)
                if line["k"] in OF_ITEMS:
                    self._take_items(line, tellers)
                    continue
                self._take(line, tellers)
                if line["k"] == Kind.PROMPT_ASKED and (wish := self.answers.ask(line, tellers.say)):
                    guard.wish(self.job["run"], wish)
                elif line["k"] in ANSWERED:
                    self.answers.forget()
        return self._page.end is not None

    def _take_items(self, line: dict[str, Any], tellers: Tellers) -> None:
        """A thousand items are no thousand events: only how far they are is shown."""
        self.record.lines.append(line)
        if self.items.tallies:
            *_, tally = self.items.tallies.values()
            tellers.event(progress_event(tally, self._progress, self._total_steps))

    def _take(self, line: dict[str, Any], tellers: Tellers) -> None:
        self.record.lines.append(line)
        self._progress = line.get("progress", self._progress)
        self._total_steps = line.get("total_steps", self._total_steps) or 1
        if line["k"] == "safe_state":
            self.safe_state = {key: line[key] for key in ("confirmed", "instruments")}
        self._page.take(line)  # as a supervisor reads it
        entry = self._page.entries.pop()
        if entry.kind == Kind.BATCH_STARTED:
            self.batch.started_at = entry.at
        tellers.event(
            Event(kind=entry.kind, message=entry.message, level=entry.level, step=entry.step, data=entry.data)
        )
        if self._page.end is not None:
            end, self.batch.marginal = self._page.end, self._page.end.marginal
            self.batch.cause, self.batch.result = end.cause, end.result
            self.record.lines.extend(_cut_short(self.record, end, line["at"]))
            self.record.verdict = line.get("verdict") or _verdict(line, end.outcome)
            if self._killed and line["why"] == Ending.WARDEN_LOST:
                self._end(State.ABORTED, StepOutcome.NONE, "Killed by a second Ctrl-C.")
            else:
                self._end(end.state, end.outcome, end.message)

    def _end(self, state: State, outcome: StepOutcome, message: str) -> None:
        self.batch.state, self.batch.outcome, self.batch.message = state, outcome, message
        self.batch.ended_at = datetime.now(UTC)

    def _remove_spool(self) -> None:
        self._spool.close()
        self._spool.path.unlink(missing_ok=True)


def _job(batch: Batch, package: Package, place: Place) -> Job:
    """As for a batch: what the station says holds, where the package does not say it."""
    manifest, station = package.manifest, place.station
    described = {"ladder": asdict(station.ladder), "resources": station.resources}
    ladder = effective_ladder(described, manifest.stop_grace_s, manifest.term_grace_s, manifest.deadline_grace_s)
    resources = effective_resources(described, manifest.resources)
    return Job(
        run=str(batch.pk),
        package=str(package.path),
        sha256=package.sha256,
        parameters=batch.parameters,
        limits=manifest.limits,
        subject=batch.subject,
        stop_grace_s=ladder.stop_grace_s,
        term_grace_s=ladder.term_grace_s,
        deadline_grace_s=ladder.deadline_grace_s,
        spool_limit=int(resources.get("spool_mb", SPOOL_LIMIT_MB) * MIB),
        resources=resources,
        package_drivers=True,  # whoever tries a package at the desk runs its code anyway
    )


def _cut_short(record: Record, end: End, at: float) -> list[dict[str, Any]]:
    """The ends of steps that did not live to say them, as they will stand in the journal of a batch."""
    begun = {(line["step"], line["attempt"]): line for line in record.of_kind("step.started")}
    over = {(line["step"], line["attempt"]) for line in record.attempts}
    told = {"outcome": end.unfinished, "message": end.message, "marginal": False, "retrying": False, "result": None}
    return [
        {**line, **told, "k": "step.ended", "at": at, "duration_ms": round((at - line["at"]) * 1000, 3)}
        for attempt, line in begun.items()
        if attempt not in over
    ]


def _verdict(line: dict[str, Any], outcome: StepOutcome) -> Verdict:
    """For a run that did not live to say its own."""
    return Verdict(
        ending="failed", outcome=outcome.value, message=line["message"], cause=None, marginal=False, result=None
    )
