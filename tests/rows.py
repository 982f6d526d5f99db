"""Rows for tests that need a station in the database but no processes."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from uuid_utils.compat import uuid7

from control.lifecycle.actor import Actor
from control.lifecycle.claim import claim
from control.lifecycle.schedules.changes import create_schedule
from control.lifecycle.schedules.plan import Plan
from control.lifecycle.submit import Order, submit
from control.models import Attachment, Batch, ControlEvent, Dataset, DatasetFile, Prompt, Schedule, Step, Stream
from stations.models import Slot, Station
from stations.provisioning import take_in
from stations.station_file import Station as Described
from stations.station_file import read_station_file

HOUSE = Path(__file__).resolve().parent.parent
ANNA = Actor("anna", ControlEvent.Face.COMMAND)
# What is written down of a slot that somebody has taken out of service.
UNWELL = {"instruments": {"meter-1": "Instrument meter-1 gave no sign."}, "at": 1_790_000_000.0}
OUT = {"by": "kim", "face": "PAGE", "reason": "new cables", "at": 1_790_000_000.0}


def demo_station(monkeypatch: Any, lanes: int = 2) -> Station:
    """The station of the bundled station file."""
    monkeypatch.setenv("GWANJE_DATA_DIR", "/tmp/gwanje-nowhere")
    return take_in(_bundled(), host="bench-pc", time_zone="Asia/Seoul", lanes=lanes)


@cache
def _bundled() -> Described:
    return read_station_file(HOUSE / "station.yaml")


def queued(sequence: str = "board_test", slot: str | None = "demo/slot-1", **more: Any) -> Batch:
    return submit(Order(sequence=sequence, slot=slot, **more), by=ANNA, trigger=Batch.Trigger.MANUAL)


def scheduled(**more: Any) -> Schedule:
    """A schedule for every night."""
    plan = {"name": "nightly", "order": Order("board_test", "demo/slot-1"), "cron": "30 2 * * *", **more}
    return create_schedule(Plan(action=Schedule.Action.RUN_SEQUENCE, **plan), by=ANNA)


def dataset(content: str = "tiles", **more: Any) -> Dataset:
    """A dataset that can be worked on; two of the same content have the same checksum. Its files are nowhere."""
    known = {"name": content, "kind": Dataset.Kind.UPLOAD, "state": Dataset.State.READY, "station_id": "demo"}
    facts = {"total_files": 3, "read_files": 3, "sha256": hashlib.sha256(content.encode()).hexdigest()}
    return Dataset.objects.create(**{**known, **facts, "submitted_by": "anna", **more})


def running(slot: str = "demo/slot-1", **more: Any) -> Stream:
    """A claimed batch, seen through its stream."""
    queued(slot=slot, **more)
    stream = claim(Slot.objects.get(pk=slot))
    assert stream is not None
    return stream


def attached(step: Step, name: str = "notes.txt", content: bytes = b"kept", **more: Any) -> Attachment:
    """An attachment with its file; a picture where `width` and `height` are given."""
    sha256 = hashlib.sha256(content).hexdigest()
    file = settings.STATION_PATHS.attachments_of(str(step.batch_id)) / sha256
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    facts = {"media_type": "text/plain", "size": len(content), "sha256": sha256, "at": timezone.now()}
    return Attachment.objects.create(id=uuid7(), batch_id=step.batch_id, step=step, name=name, **facts | more)


def ask(batch: Batch, key: str = "p1", type: str = "number", **question: Any) -> Prompt:
    """A prompt that waits."""
    known = {"message": "How long?", "choices": [], "unit": "", "minimum": None, "maximum": None, "default": None}
    asked = {**known, "image": None, "timeout_s": None, **question}
    Batch.objects.filter(pk=batch.pk).update(open_prompt=key)
    return Prompt.objects.create(batch=batch, key=key, step=0, type=type, question=asked, asked_at=timezone.now())


def dataset_row(state: Dataset.State = Dataset.State.READY, files: int = 1, **more: Any) -> Dataset:
    """A dataset of files that are nowhere."""
    facts = {"name": "tiles", "kind": "UPLOAD", "station_id": "demo", "sha256": "0" * 64, "submitted_by": "anna"}
    counted = {"total_files": files, "read_files": files}
    made = Dataset.objects.create(**{**facts, **counted, "state": state, **more})
    for index in range(files):
        DatasetFile.objects.create(dataset=made, index=index, path=f"{index}.png", size=1, sha256="0" * 64)
    return made
