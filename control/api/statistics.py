"""How much was done lately."""

from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.face import ApiView
from control.api.problems import not_known
from control.api.schema import Shape
from control.history.statistics import PERIODS, read_statistics

PERIOD, DEFAULT = "period", "24h"


class EndedBatches(Shape):
    """Batches that ended, by how."""

    ended = serializers.IntegerField(help_text="All of them.")
    COMPLETED = serializers.IntegerField()
    FAILED = serializers.IntegerField()
    STOPPED = serializers.IntegerField()
    ABORTED = serializers.IntegerField()
    CRASHED = serializers.IntegerField()


class EndedChunks(Shape):
    """Chunks that ended, and how long each worked, over all its tries."""

    ended = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="Of which an item failed.")
    tried_again = serializers.IntegerField()
    lost = serializers.IntegerField(help_text="Whose lane was lost at least once.")
    median_s = serializers.FloatField(allow_null=True)
    p95_s = serializers.FloatField(allow_null=True, help_text="95 % were not longer.")
    longest_s = serializers.FloatField(allow_null=True)


class PartOfPeriod(Shape):
    """Items that ended in a part of the period."""

    at = serializers.DateTimeField(help_text="Its begin.")
    completed_items = serializers.IntegerField()
    failed_items = serializers.IntegerField()


class SequenceFigures(Shape):
    """Batches of a sequence that ended."""

    sequence = serializers.CharField()
    ended = serializers.IntegerField()
    completed = serializers.IntegerField()
    not_passed = serializers.IntegerField(
        help_text="Of the completed ones: those whose outcome is FAIL, TIMEOUT or ERROR."
    )
    failed = serializers.IntegerField(help_text="Or aborted, or crashed.")
    stopped = serializers.IntegerField()


class LaneFigures(Shape):
    """What a lane has done of chunks that ended."""

    slot = serializers.CharField(allow_null=True)
    chunks = serializers.IntegerField()
    completed_items = serializers.IntegerField()
    failed_items = serializers.IntegerField()
    busy_s = serializers.FloatField()
    share = serializers.FloatField(help_text="Of the period that it worked on items, from 0 to 1.")


class StatisticsFacts(Shape):
    """What ended in a period. Items count when their chunk ends."""

    period = serializers.ChoiceField(list(PERIODS))
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    batches = EndedBatches()
    completed_items = serializers.IntegerField()
    failed_items = serializers.IntegerField()
    items_per_second = serializers.FloatField(help_text="Over the whole period.")
    item_ms = serializers.FloatField(allow_null=True, help_text="How long an item took on one lane, on average.")
    chunks = EndedChunks()
    parts = PartOfPeriod(many=True)
    sequences = SequenceFigures(many=True)
    lanes = LaneFigures(many=True)


class Statistics(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "read_statistics"}
    tag = "system"
    query_parameters = (PERIOD,)

    @extend_schema(
        responses=StatisticsFacts,
        parameters=[OpenApiParameter(PERIOD, str, enum=list(PERIODS), default=DEFAULT, description="Up to now.")],
    )
    def get(self, request: Request) -> Response:
        """How much was done in the last hour, day or week: batches, items, chunks, lanes."""
        period = request.query_params.get(PERIOD, DEFAULT)
        if period not in PERIODS:
            raise ValidationError({PERIOD: [not_known(period, list(PERIODS))]})
        return Response(read_statistics(period, timezone.now()))
