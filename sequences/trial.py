"""The test kit: runs a package in this process, without guard, station or database, and keeps what it wrote.

with trial.simulated_bench() as bench:
    record = trial.run("my_packages/hello_board", {"input_voltage": 5.5}, slot=bench.slot())
assert record.passed, record.story
"""

from __future__ import annotations

import shutil
import tempfile
import time
import weakref
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from sequences.catalogue import read_package
from sequences.executor import execute
from sequences.record_story import one_line, tell_story
from stations.bench.own_bench import BenchFailed, OwnBench
from stations.contracts import Carried, InstrumentSettings, Job, Verdict, Wish

__all__ = ["BenchFailed", "Desk", "OwnBench", "Record", "run", "simulated_bench"]


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


class Desk:
    """A host that keeps everything in memory. `wishes` are handed out one at each boundary."""

    def __init__(self, wishes: Iterable[Wish] = ()) -> None:
        self.record = Record()
        self.wishes = deque(wishes)

    def emit(self, kind: str, **fields: Any) -> None:
        self.record.lines.append({"k": kind, "at": time.time(), **fields})

    def announce_deadline(self, at: float | None) -> None:
        self.record.deadlines.append(at)

    def receive_wish(self, timeout_s: float | None) -> Wish | None:
        if self.wishes:
            return self.wishes.popleft()
        time.sleep(0.01 if timeout_s is None else timeout_s)
        return None


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
) -> Record:
    """Run a package, with ready-made objects as its `instruments`, or with those of a `slot`, opened by their drivers.

    `carried`: what it takes over from an earlier run. Main thread only.
    """
    desk = desk or Desk()
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
    )
    if carried is not None:
        job["carried"] = carried
    if slot is not None:
        job["instruments"] = dict(slot)
    desk.record.verdict = execute(job, desk, dict(instruments or {}) if slot is None else None)
    return desk.record
