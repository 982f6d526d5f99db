"""What has been found out about a dataset."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.batches import BatchFacts
from control.api.face import ApiView
from control.api.pagination import WholeList, whole_list
from control.api.schema import Shape
from control.history.analyses import read_analyses
from control.lifecycle.datasets.changes import find_dataset


class AnalysisFacts(Shape):
    """What one sequence has found out about a dataset."""

    sequence = serializers.CharField()
    running = BatchFacts(many=True, help_text="Those that wait or run, newest first.")
    latest = BatchFacts(allow_null=True, help_text="The last one that was completed; its `result` is what was found.")


class AnalysesOfDataset(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "list_analyses"}
    tag = "datasets"
    pagination_class = WholeList
    filter_backends = ()

    @extend_schema(responses=AnalysisFacts(many=True))
    def get(self, request: Request, dataset_id: UUID) -> Response:
        """What each sequence that worked on a dataset has found out, and what runs on it now."""
        return whole_list(read_analyses(find_dataset(dataset_id), timezone.now()))
