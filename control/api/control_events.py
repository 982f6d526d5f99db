"""Who intervened in a batch."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.batches import OfBatch
from control.api.schema import Shape
from control.history.facts import control_event_facts
from control.history.interventions import interventions
from control.lifecycle.finding import find_batch
from control.models import ControlEvent


class ControlEventFacts(Shape):
    """Who intervened, when, how and why, and what became of it."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(ControlEvent.Kind.choices)
    batch = serializers.UUIDField(allow_null=True)
    scope = serializers.CharField(help_text="Of an emergency stop or reset: a slot, a station or `all`.")
    by = serializers.CharField()
    face = serializers.ChoiceField(ControlEvent.Face.choices)
    reason = serializers.CharField()
    details = serializers.DictField(
        help_text="What exactly was asked: a step, settings, the batch that follows, a command."
    )
    before = serializers.DictField()
    after = serializers.DictField()
    requested_at = serializers.DateTimeField()
    delivered_at = serializers.DateTimeField(allow_null=True)
    obeyed_at = serializers.DateTimeField(allow_null=True)


class ControlEvents(OfBatch):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "list_control_events"}
    ordering = ("id",)

    @extend_schema(responses=ControlEventFacts(many=True))
    def get(self, request: Request, batch_id: UUID) -> Response:
        """Who intervened in a batch, oldest first.

        Also the emergency stops of its slot, its station or everything that met it: they belong to no batch.
        """
        rows = interventions(find_batch(batch_id), timezone.now())
        return self.answer(batch_id, rows, control_event_facts)
