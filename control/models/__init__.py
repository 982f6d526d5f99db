"""Rows only: fields, constraints, indexes. Every rule that changes them lives in `control.lifecycle`."""

from __future__ import annotations

from control.models.access import ApiKey, LoginLink, Preference
from control.models.attachment import Attachment
from control.models.batch import Batch
from control.models.control_event import ControlEvent
from control.models.error_log import ErrorLog
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
    "ControlEvent",
    "ErrorLog",
    "Event",
    "LoginLink",
    "Measurement",
    "Preference",
    "Prompt",
    "Schedule",
    "Sequence",
    "Step",
    "Stream",
]
