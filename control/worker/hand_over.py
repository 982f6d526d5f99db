"""Handing a claimed batch to the guard of its slot, as often as it takes."""

from __future__ import annotations

import json
import os
import time

from django.conf import settings

from control.lifecycle.carrying import carry_to_resume
from control.lifecycle.chunks.over import results_of, saved_of
from control.lifecycle.packages import folder_to_run
from control.lifecycle.sequences import may_bring_drivers
from control.models import Batch, Helper
from stations.contracts import Carried, Ending, GuardStatus, Job
from stations.safety import client

ASK_EVERY_S = 0.02
# A guard is back within a tenth of a second; after this long there is no station to run anything.
GIVE_UP_AFTER_S = 30.0
MIB = 1024**2
SPOOL_LIMIT_MB = 1024.0  # of story, after which a batch fails, unless it may write less


def takes_work(status: GuardStatus | None) -> bool:
    """Tell whether a guard would begin a run now. If not, a batch waits on, and everybody sees it as queued."""
    if status is None or status["closing"] or status["latch"] is not None or status["unsafe"] is not None:
        return False
    return status["run"] is None and status["safe"] is not False


def job_of(batch: Batch) -> Job:
    """What the guard is told of a batch."""
    job = Job(
        run=batch.run_name,
        package=str(folder_to_run(batch)),
        sha256=batch.sha256,
        version=batch.version,
        package_drivers=may_bring_drivers(batch.sequence),
        parameters=batch.parameters,
        limits=batch.limits,
        subject=batch.subject,
        stop_grace_s=batch.stop_grace_s,
        term_grace_s=batch.term_grace_s,
        deadline_grace_s=batch.deadline_grace_s,
        spool_limit=int(batch.resources.get("spool_mb", SPOOL_LIMIT_MB) * MIB),
        resources=batch.resources,
        attachments=str(settings.STATION_PATHS.attachments_of(str(batch.pk))),
    )
    carried = carry_to_resume(batch) if batch.runs > 1 else batch.carried
    if carried:
        job["carried"] = carried
    if batch.items_options:
        job["items"] = batch.items_options
        job["results"] = results_of(batch)
    return job


def help_job_of(helper: Helper, batch: Batch) -> Job:
    """What the guard of a helping lane is told: the same, but for one step's items and nothing else."""
    return {
        **job_of(batch),
        "run": str(helper.pk),
        "parameters": {**batch.parameters, **helper.settings},
        "helps_with": helper.chunked_step.name,
        "carried": Carried(batch=str(batch.pk), steps=[], saved=saved_of(batch)),
    }


class HandOver:
    """Asking again does no harm: the guard creates the spool, and only once."""

    def __init__(self, slot_id: str, job: Job) -> None:
        self._slot, self._job = slot_id, job
        self._done = False
        self._since = time.monotonic()
        self._next = 0.0

    def ask(self) -> None:
        if self._done or time.monotonic() < self._next:
            return
        answer = client.run(settings.STATION_PATHS, self._slot, self._job)
        self._done = answer is not None and answer.get("answer") in ("running", "over")
        self._next = time.monotonic() + ASK_EVERY_S
        if not self._done and time.monotonic() > self._since + GIVE_UP_AFTER_S:
            self._done = self._give_up(answer["why"] if answer is not None else "it does not answer")

    def _give_up(self, why: str) -> bool:
        """Write the end in the place of a guard that is not there.

        Where there may be one after all, only the exclusive creation of the spool tells that the run has not begun.
        """
        message = f"The guard of {self._slot} did not take the run: {why}. Is its station running?"
        line = {"k": "batch.ended", "at": time.time(), "why": Ending.LOST, "verdict": None, "message": message}
        has_guard = self._slot in client.slots_known(settings.STATION_PATHS)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | (os.O_EXCL if has_guard else 0)
        try:
            spool = os.open(settings.STATION_PATHS.spool(self._job["run"]), flags, 0o640)
        except FileExistsError:
            self._since = time.monotonic()
            return False
        os.write(spool, (json.dumps(line) + "\n").encode())
        os.close(spool)
        return True
