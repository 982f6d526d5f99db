"""Which rows have pages in the admin, and which must not: called once, when the addresses are made."""

from __future__ import annotations

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.http import HttpRequest
from django_q.models import Failure, OrmQ, Success
from django_q.models import Schedule as QueuedSchedule

from control.access.rights import Right, may
from control.admin.api_keys import ApiKeyAdmin
from control.admin.attachments import AttachmentAdmin
from control.admin.batches import BatchAdmin
from control.admin.bench import InstrumentAdmin, SlotAdmin, StationAdmin
from control.admin.chunks import ChunkAdmin, ChunkedStepAdmin
from control.admin.control_events import ControlEventAdmin
from control.admin.datasets import DatasetAdmin
from control.admin.errors import ErrorAdmin
from control.admin.events import EventAdmin
from control.admin.items import ItemAdmin
from control.admin.measurements import MeasurementAdmin
from control.admin.people import GroupAdmin, UserAdmin
from control.admin.schedules import ScheduleAdmin
from control.admin.steps import StepAdmin
from control.admin.streams import StreamAdmin
from control.models import (
    ApiKey,
    Attachment,
    Batch,
    Chunk,
    ChunkedStep,
    ControlEvent,
    Dataset,
    ErrorLog,
    Event,
    Item,
    Measurement,
    Schedule,
    Step,
    Stream,
)
from stations.models import Instrument, Slot, Station

PAGES: dict[type[Model], type[ModelAdmin]] = {
    Batch: BatchAdmin,
    Step: StepAdmin,
    Measurement: MeasurementAdmin,
    Attachment: AttachmentAdmin,
    Dataset: DatasetAdmin,
    ChunkedStep: ChunkedStepAdmin,
    Chunk: ChunkAdmin,
    Item: ItemAdmin,
    Event: EventAdmin,
    ControlEvent: ControlEventAdmin,
    ErrorLog: ErrorAdmin,
    Stream: StreamAdmin,
    Station: StationAdmin,
    Slot: SlotAdmin,
    Instrument: InstrumentAdmin,
    Schedule: ScheduleAdmin,
    User: UserAdmin,
    Group: GroupAdmin,
    ApiKey: ApiKeyAdmin,
}
# A task's function is any dotted path and its arguments are a pickle: whoever edits these rows runs code.
WITHOUT_PAGES = (Success, Failure, OrmQ, QueuedSchedule)


def register_pages(site: AdminSite) -> None:
    """Put our pages in place of what the libraries have registered."""
    for model in (*PAGES, *WITHOUT_PAGES):
        if site.is_registered(model):
            site.unregister(model)
    for model, page in PAGES.items():
        site.register(model, page)


def may_see(request: HttpRequest) -> bool:
    return may(request.user, Right.SEE)


def may_administer(request: HttpRequest) -> bool:
    return may(request.user, Right.ADMINISTER)
