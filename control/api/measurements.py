"""The measurements of a batch."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.batches import OfBatch
from control.api.schema import Shape
from control.history.facts import measurement_facts
from control.models import Measurement
from control.states import StepOutcome


class MeasurementFacts(Shape):
    """A named value with its limits, judged."""

    step = serializers.IntegerField(help_text="`index` of its step.")
    attempt = serializers.IntegerField()
    name = serializers.CharField()
    type = serializers.ChoiceField(Measurement.Type.choices)
    value = serializers.JSONField(
        allow_null=True, help_text="A number, a text, true or false, or the points of a curve."
    )
    unit = serializers.CharField()
    limits = serializers.DictField(allow_null=True)
    outcome = serializers.ChoiceField(StepOutcome.choices)
    marginal = serializers.BooleanField(help_text="Within the limits, but outside the comfortable band.")
    at = serializers.DateTimeField()


class Measurements(OfBatch):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "list_measurements"}
    ordering = ("id",)

    @extend_schema(responses=MeasurementFacts(many=True))
    def get(self, request: Request, batch_id: UUID) -> Response:
        """The measurements of a batch, in the order in which they were taken."""
        rows = Measurement.objects.filter(step__batch=batch_id).select_related("step")
        return self.answer(batch_id, rows, measurement_facts)
