"""What went wrong in a batch."""

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
from control.history.facts import error_facts
from control.models import ErrorLog


class ErrorFacts(Shape):
    """An exception with its place."""

    step = serializers.IntegerField(allow_null=True, help_text="`index` of the step, null outside of steps.")
    attempt = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()
    category = serializers.ChoiceField(ErrorLog.Category.choices)
    exception = serializers.CharField()
    message = serializers.CharField()
    traceback = serializers.CharField()


class Errors(OfBatch):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "list_errors"}
    ordering = ("id",)

    @extend_schema(responses=ErrorFacts(many=True))
    def get(self, request: Request, batch_id: UUID) -> Response:
        """The errors of a batch, oldest first."""
        return self.answer(batch_id, ErrorLog.objects.filter(batch=batch_id), error_facts)
