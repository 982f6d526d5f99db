"""The steps of a batch."""

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
from control.history.facts import step_facts
from control.models import Step
from control.states import StepOutcome, StepState


class StepFacts(Shape):
    """One attempt at one step."""

    name = serializers.CharField()
    index = serializers.IntegerField(help_text="Its place in the plan, from 0.")
    attempt = serializers.IntegerField(help_text="From 1.")
    group = serializers.CharField(help_text="setup, main or teardown.")
    within = serializers.CharField(help_text="The nested groups around it, as `radio/antenna`; empty for none.")
    state = serializers.ChoiceField(StepState.choices)
    outcome = serializers.ChoiceField(StepOutcome.choices)
    marginal = serializers.BooleanField()
    retrying = serializers.BooleanField(help_text="Another attempt followed: this one does not count.")
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    duration_ms = serializers.FloatField(allow_null=True)
    input_count = serializers.IntegerField(allow_null=True)
    output_count = serializers.IntegerField(allow_null=True)
    result = serializers.JSONField(allow_null=True)
    error_message = serializers.CharField(help_text="Why it failed or was skipped.")


class Steps(OfBatch):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "list_steps"}
    ordering = ("index", "attempt")

    @extend_schema(responses=StepFacts(many=True))
    def get(self, request: Request, batch_id: UUID) -> Response:
        """The steps of a batch, in the order of its plan."""
        return self.answer(batch_id, Step.objects.filter(batch=batch_id), step_facts)
