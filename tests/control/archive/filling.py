"""An installation with something of everything that belongs into an archive, made in a process of its own."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_q.tasks import async_task

from control.journal.append import Entry, tell_batch
from control.lifecycle.claim import claim
from control.models import Batch, ErrorLog, Measurement, Step, Stream
from stations.models import Slot
from stations.provisioning import take_in
from stations.station_file import read_station_file
from tests.rows import attached, queued


def fill() -> None:
    """A batch that has ended, one that runs with its spool, one without, one that waits; a latch, a bell, a session."""
    station = read_station_file(Path(settings.STATION_FILE))
    take_in(station, host=os.uname().nodename, time_zone="Asia/Seoul", lanes=2)
    settings.STATION_PATHS.prepare()
    _ended()
    for slot in ("demo/slot-1", "demo/slot-2"):
        queued(slot=slot, name=f"runs on {slot}")
        stream = claim(Slot.objects.get(pk=slot))
        assert stream is not None
        stream.batch.steps.create(index=0, name="burn in", group="main", state="RUNNING", started_at=timezone.now())
        if slot == "demo/slot-1":
            settings.STATION_PATHS.spool(str(stream.batch_id)).write_text('{"k":"log","at":1.0,"message":"so far"}\n')
    Batch.objects.filter(state="RUNNING").update(restarts_left=2)
    queued(name="waits")
    latch = {"id": "", "scope": "demo/slot-2", "by": "anna", "face": "PAGE", "reason": "smoke", "at": 1.0}
    settings.STATION_PATHS.slot("demo/slot-2").latch.write_text(json.dumps(latch))
    async_task("control.worker.tasks.tend", "demo/slot-1")
    Session.objects.create(session_key="k" * 32, session_data="x", expire_date=timezone.now() + timedelta(days=1))


def _ended() -> None:
    batch, at = queued(name="has ended", subject="SN-유"), timezone.now()
    tell_batch(batch.pk, Entry("log", "large", data={"text": "y" * 9000}))
    step = Step.objects.create(batch=batch, index=0, name="rail", group="main", state="ENDED", outcome="PASS")
    Measurement.objects.create(step=step, name="rail", type="number", number=5.01, value=5.01, unit="V", at=at)
    attached(step, "전압.csv", bytes(range(256)) * 100)
    ErrorLog.objects.create(batch=batch, at=at, category="engine", exception="E", message="\\ '\"\t", fingerprint="f")
    Batch.objects.filter(pk=batch.pk).update(state="COMPLETED", outcome="PASS", started_at=at, ended_at=at)
    Stream.objects.filter(batch=batch).update(spool_offset=10)
