"""Runs a package in this process, without guard, station or database: for tests, and for authors at their desk."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sequences.catalogue import read_package
from sequences.executor import execute
from stations.contracts import Carried, InstrumentSettings, Job, Verdict, Wish


class Record:
    """What a trial wrote, in order, and its verdict."""

    verdict: Verdict

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.deadlines: list[float | None] = []

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
        return {line["name"]: line for line in self.of_kind("measurement")}


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
        package_drivers=True,  # whoever tries a package at the desk runs its code anyway
    )
    if carried is not None:
        job["carried"] = carried
    if slot is not None:
        job["instruments"] = dict(slot)
    desk.record.verdict = execute(job, desk, dict(instruments or {}) if slot is None else None)
    return desk.record
