"""The test kit: runs a package in this process, without guard, station or database, and keeps what it wrote.

with trial.simulated_bench() as bench:
    record = trial.run("my_packages/hello_board", {"input_voltage": 5.5}, slot=bench.slot())
assert record.passed, record.story
"""

from __future__ import annotations

import select
import shutil
import tempfile
import time
import weakref
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from sequences.catalogue import read_package
from sequences.executor import execute
from sequences.items.feeding import Feed, found_items
from sequences.questions import answer_problems
from sequences.record_story import one_line, tell_story
from stations.bench.own_bench import BenchFailed, OwnBench
from stations.contracts import Carried, InstrumentSettings, Job, Verdict, Wish
from stations.drivers.loading import ANY

__all__ = ["NOBODY", "BenchFailed", "Desk", "OwnBench", "Record", "Unanswered", "run", "simulated_bench"]


class Record:
    """What a run wrote, in order, and its verdict: everything that a test wants to assert on.

    `lines` are the lines of its story, as `sequences.contracts` describes them.
    """

    verdict: Verdict

    def __init__(self, sequence: str = "") -> None:
        self.sequence = sequence
        self.lines: list[dict[str, Any]] = []
        self.deadlines: list[float | None] = []
        self.folder = Path(tempfile.gettempdir()) / f"gwanje-trial-{uuid4().hex}"  # made with the first attachment
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["k"] == kind]

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The end of every attempt that counts."""
        return [line for line in self.of_kind("step.ended") if not line["retrying"]]

    @property
    def attempts(self) -> list[dict[str, Any]]:
        return self.of_kind("step.ended")

    @property
    def outcomes(self) -> dict[str, str]:
        """The outcome of each step by name; of a repeated one, that of its last repetition."""
        return {step["name"]: str(step["outcome"]) for step in self.steps}

    @property
    def measurements(self) -> dict[str, dict[str, Any]]:
        """The last measurement of each name: `measurements["input_current"]["value"]`."""
        return {line["name"]: line for line in self.of_kind("measurement")}

    @property
    def logs(self) -> list[str]:
        """What was logged and printed, without levels."""
        return [line["message"] for line in self.of_kind("log")]

    @property
    def errors(self) -> list[str]:
        """What went wrong, as `InstrumentError: supply-1 …`."""
        return [f"{line['exception']}: {line['message']}" for line in self.of_kind("error")]

    @property
    def passed(self) -> bool:
        """Whether every step ran and every limit held."""
        return self.verdict["outcome"] == "PASS"

    @property
    def story(self) -> str:
        """The whole run as a person reads it, line by line: for the message of an assertion."""
        return tell_story(self.sequence, self.lines, getattr(self, "verdict", None))

    def __repr__(self) -> str:
        return f"<{one_line(self.sequence, self.outcomes, getattr(self, 'verdict', None))}>"

    @property
    def attachments(self) -> dict[str, bytes]:
        """What was attached under each name; the last one counts."""
        return {line["name"]: (self.folder / line["sha256"]).read_bytes() for line in self.of_kind("attachment")}


class Unanswered(AssertionError):
    """A prompt waited, and the trial was given no answer that fits; or a step waited for items, and no folder of them.

    `record`: what was written up to the teardown.
    """

    record: Record


NOBODY: Any = object()  # as an answer: nobody gives one, so that the prompt's own time runs out
Answers = Mapping[str, Any] | Sequence[Any]


class Desk:
    """A host that keeps everything in memory. `wishes` are handed out one at each boundary, before any answer."""

    def __init__(self, wishes: Iterable[Wish] = (), answers: Answers = ()) -> None:
        self.record = Record()
        self.wishes = deque(wishes)
        self.answers = answers
        self.unanswered = ""  # why the run was stopped at a prompt, or at a step over items
        self.feed: Feed | None = None  # the items that a step goes over
        self._step = ""
        self._prompt: dict[str, Any] | None = None  # that waits
        self._given = 0
        self._starves = False  # a step goes over items, and there are none to be had

    def emit(self, kind: str, **fields: Any) -> None:
        self.record.lines.append({"k": kind, "at": time.time(), **fields})
        if self.feed is not None:
            self.feed.take({"k": kind, **fields})
        elif kind == "items.begun":
            self.unanswered = (
                f"step '{fields['name']}' goes over items: name their folder, as trial.run(…, items=FOLDER)"
            )
            self._starves = True
        if kind == "step.started":
            self._step = fields["name"]
        elif kind == "prompt.asked":
            self._prompt = fields
        elif kind in ("prompt.answered", "prompt.closed", "step.ended"):
            self._prompt = None

    def announce_deadline(self, at: float | None) -> None:
        self.record.deadlines.append(at)

    def receive_wish(self, timeout_s: float | None, other: int = -1) -> Wish | None:
        if self.wishes:
            return self.wishes.popleft()
        if self.feed is not None and (fed := self.feed.next_wish()) is not None:
            return fed
        if self._starves:
            self._starves = False
            return Wish(word="stop", control="", reason="the trial has no items")
        if other >= 0:
            select.select([other], [], [], timeout_s)
            return None
        if self._prompt is not None and (wish := self._answer(self._prompt)) is not None:
            return wish
        if timeout_s != 0.0:  # even a sleep of no time costs a tenth of a millisecond
            time.sleep(0.01 if timeout_s is None else timeout_s)
        return None

    def _answer(self, prompt: dict[str, Any]) -> Wish | None:
        """The answer to the prompt that waits, or the end of the run: a trial never hangs."""
        self._prompt = None
        value, problem = self._next_answer(prompt)
        if value is NOBODY and prompt["timeout_s"] is not None:
            return None
        problem = problem or " ".join(map(str, answer_problems(prompt, value)))
        if problem:
            self.unanswered = f"step '{self._step}' asks '{prompt['message']}': {problem}"
            return Wish(word="stop", control="", reason="the trial has no answer")
        return Wish(word="answer", control="", reason="", prompt=prompt["prompt"], value=value, by="trial")

    def _next_answer(self, prompt: dict[str, Any]) -> tuple[Any, str]:
        """What is given for a prompt, and why it is nothing."""
        if isinstance(self.answers, Mapping):
            for name in (prompt["message"], self._step):
                if name in self.answers:
                    return self.answers[name], ""
            return None, "no answer is given for it, by its message or by the name of its step"
        if self._given == len(self.answers):
            return None, f"{self._given} answers are given, it would be the next one"
        self._given += 1
        return self.answers[self._given - 1], ""


def simulated_bench(station_file: Path | str | None = None) -> OwnBench:
    """A bench for trials, as a context manager: a process of its own, at addresses that nobody else uses.

    It plays the instruments with a `simulation` of `station_file`, by default those of the demo bench: supply, meter,
    load and board. It ends with the `with` block, and also when this process dies. Raises StationFileError.
    """
    return OwnBench(station_file)


def run(
    package: Path | str,
    parameters: Mapping[str, Any] | None = None,
    instruments: Mapping[str, Any] | None = None,
    subject: str = "",
    *,
    slot: Mapping[str, InstrumentSettings] | None = None,
    desk: Desk | None = None,
    carried: Carried | None = None,
    answers: Answers = (),
    items: Path | str | None = None,
    target_items: Path | str | None = None,
    chunk_size: int = 10,
) -> Record:
    """Run a package, with ready-made objects as its `instruments`, or with those of a `slot`, opened by their drivers.

    `carried`: what it takes over from an earlier run. `answers` to its prompts: by message or by name of the step, or
    one after the other. `items`, `target_items`: folders whose files its steps over items are given, in chunks of
    `chunk_size`. Raises Unanswered, after the teardown, when an answer or the folder is missing or does not fit,
    FileNotFoundError where there is no package or folder. Main thread only.
    """
    if not Path(package).is_dir():
        raise FileNotFoundError(f"there is no folder {Path(package).resolve()}: name the folder of a sequence package")
    desk = desk or Desk()
    desk.answers = answers or desk.answers
    found = read_package(Path(package))
    desk.record.sequence = found.name
    job = Job(
        run="trial",
        package=str(found.path),
        sha256=found.sha256,
        parameters=dict(parameters or {}),
        limits={},
        subject=subject,
        stop_grace_s=5.0,
        term_grace_s=1.0,
        deadline_grace_s=1.0,
        spool_limit=0,
        resources={},
        attachments=str(desk.record.folder),
        package_drivers=True,  # whoever tries a package at the desk runs its code anyway
        drivers=[ANY],  # and names the classes
    )
    if carried is not None:
        job["carried"] = carried
    if items is not None:
        desk.feed = Feed(
            found_items(Path(items), Path(target_items) if target_items else None),
            results=desk.record.folder,
            chunk_size=chunk_size,
        )
    if slot is not None:
        job["instruments"] = dict(slot)
    desk.record.verdict = execute(job, desk, dict(instruments or {}) if slot is None else None)
    if desk.unanswered:
        missing = Unanswered(desk.unanswered)
        missing.record = desk.record
        raise missing
    return desk.record
