"""Rows only: fields, constraints, indexes. Every rule that changes them lives in `control.lifecycle`."""

from __future__ import annotations

from control.models.access import ApiKey, LoginLink, Preference
from control.models.attachment import Attachment
from control.models.batch import Batch
from control.models.chunk import Chunk, ChunkedStep, Helper, Item
from control.models.control_event import ControlEvent
from control.models.dataset import Dataset, DatasetFile
from control.models.error_log import ErrorLog
from control.models.idempotency import IdempotencyKey
from control.models.measurement import Measurement
from control.models.prompt import Prompt
from control.models.schedule import Schedule
from control.models.sequence import Sequence
from control.models.step import Step
from control.models.stream import Event, Stream

__all__ = [
    "ApiKey",
    "Attachment",
    "Batch",
    "Chunk",
    "ChunkedStep",
    "ControlEvent",
    "Dataset",
    "DatasetFile",
    "ErrorLog",
    "Event",
    "Helper",
    "IdempotencyKey",
    "Item",
    "LoginLink",
    "Measurement",
    "Preference",
    "Prompt",
    "Schedule",
    "Sequence",
    "Step",
    "Stream",
]
