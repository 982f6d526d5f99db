"""The chunks and items of a batch over a dataset, and the files that were made from items."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.downloads import download_file_of_item
from control.access.rights import Right
from control.api.batches import OfBatch
from control.api.face import AnyAnswer, ApiView
from control.api.pagination import PARAMETERS, read_whole_number
from control.api.problems import not_known
from control.api.schema import Shape
from control.history.facts import Facts
from control.history.items import LARGEST, chunk_facts, facts_of_items, find_item, items_of_batch, kept_file
from control.lifecycle.finding import find_batch
from control.models import Batch, Chunk, Item

STATE, STEP = "state", "step"


class ChunkFacts(Shape):
    """Items that are worked on together."""

    step = serializers.IntegerField(help_text="Place in the plan of its step, from 0.")
    step_name = serializers.CharField()
    number = serializers.IntegerField(help_text="From 0, in the order in which they were made.")
    state = serializers.ChoiceField(Chunk.State.choices)
    items = serializers.ListField(child=serializers.IntegerField(), help_text="Their indexes.")
    completed_items = serializers.IntegerField()
    failed_items = serializers.IntegerField()
    tries = serializers.IntegerField(help_text="That have failed.")
    losses = serializers.IntegerField(help_text="Lanes that were lost with it. These cost no try.")
    slot = serializers.CharField(allow_null=True, help_text="The lane that had it last.")
    split_from = serializers.IntegerField(allow_null=True, help_text="The chunk of which it was a part.")
    message = serializers.CharField(help_text="Of its last failed try.")
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    busy_ms = serializers.FloatField(help_text="Time worked, over all tries.")


class KeptFile(Shape):
    """A file that was made from an item."""

    name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField()
    url = serializers.URLField(help_text="Where the content is.")


class ItemFacts(Shape):
    """What became of one file in one step."""

    index = serializers.IntegerField(help_text="Files of `dataset` first, then those of `target_dataset`.")
    path = serializers.CharField(help_text="Within its dataset.")
    side = serializers.ChoiceField(["dataset", "target_dataset"])
    step = serializers.IntegerField()
    step_name = serializers.CharField()
    state = serializers.ChoiceField(Item.State.choices)
    chunk = serializers.IntegerField(allow_null=True, help_text="null: taken over from the batch before.")
    slot = serializers.CharField(help_text="The lane that worked on it.")
    attempts = serializers.IntegerField()
    duration_ms = serializers.FloatField(allow_null=True)
    stage = serializers.CharField(help_text="How far it came.")
    category = serializers.CharField(help_text="Whose fault a failure is.")
    exception = serializers.CharField()
    error = serializers.CharField(help_text="Why it failed.")
    result = serializers.JSONField(allow_null=True)
    files = KeptFile(many=True)
    at = serializers.DateTimeField()
    original = serializers.URLField(allow_null=True, help_text="Where the file itself is.")
    thumbnail = serializers.URLField(allow_null=True)


def _state(states: Any) -> OpenApiParameter:
    return OpenApiParameter(STATE, str, enum=states.values, description="Only these; in small letters, too.")


_STEP = OpenApiParameter(STEP, int, description="Only of the step with this place in the plan.")


def read_state(request: Request, states: Any) -> str | None:
    """Raises ValidationError that names what is known."""
    given = request.query_params.get(STATE)
    if given is not None and given.upper() not in states.values:
        raise ValidationError({STATE: [not_known(given, states.values)]})
    return given and given.upper()


def read_step(request: Request) -> int | None:
    return read_whole_number(request, STEP, 0, 0, LARGEST) if STEP in request.query_params else None


class Chunks(OfBatch):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "list_chunks"}
    ordering = ("number", "chunked_step")
    query_parameters = (*PARAMETERS, STATE, STEP)

    @extend_schema(responses=ChunkFacts(many=True), parameters=[_state(Chunk.State), _STEP])
    def get(self, request: Request, batch_id: UUID) -> Response:
        """The chunks of a batch that have been made so far, in the order of their numbers."""
        state, step = read_state(request, Chunk.State), read_step(request)
        rows = Chunk.objects.filter(chunked_step__batch=batch_id).select_related("chunked_step")
        rows = rows if state is None else rows.filter(state=state)
        return self.answer(batch_id, rows if step is None else rows.filter(chunked_step__step=step), chunk_facts)


class Items(OfBatch):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "list_items"}
    ordering = ("index", "step")
    query_parameters = (*PARAMETERS, STATE, STEP)

    @extend_schema(responses=ItemFacts(many=True), parameters=[_state(Item.State), _STEP])
    def get(self, request: Request, batch_id: UUID) -> Response:
        """What became of the items of a batch that are settled, in their order.

        `?state=FAILED` asks for those that failed, with the reasons.
        """
        state, step = read_state(request, Item.State), read_step(request)
        batch = find_batch(batch_id)
        rows: QuerySet[Item] = items_of_batch(batch, step)
        page = self.paginate_queryset(rows if state is None else rows.filter(state=state))
        return self.get_paginated_response(told_items(request, batch, page))


class OneItem(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "read_item"}
    tag = "batches"
    query_parameters = (STEP,)

    @extend_schema(responses=ItemFacts, parameters=[_STEP])
    def get(self, request: Request, batch_id: UUID, index: int) -> Response:
        """What became of one item, in the last step that has settled it unless `step` names one."""
        batch = find_batch(batch_id)
        [facts] = told_items(request, batch, [find_item(batch, index, read_step(request))])
        return Response(facts)


class FileOfItem(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "read_item_file"}
    tag = "batches"
    query_parameters = (STEP,)
    content_negotiation_class = AnyAnswer  # its type is that of the file

    @extend_schema(responses={(200, "*/*"): OpenApiTypes.BINARY}, parameters=[_STEP])
    def get(self, request: Request, batch_id: UUID, index: int, name: str) -> HttpResponseBase:
        """The content of a file that was made from an item. It lies on the host of the lane that worked on it."""
        batch = find_batch(batch_id)
        item = find_item(batch, index, read_step(request))
        return download_file_of_item(batch, item, kept_file(item, name))


def told_items(request: Request, batch: Batch, items: list[Item]) -> list[Facts]:
    """Items with the addresses of what belongs to them."""

    def address(name: str, *args: Any) -> str:
        return request.build_absolute_uri(reverse(f"api:{name}", args=args))

    found = []
    for facts in facts_of_items(batch, items):
        dataset, file, drawn = (facts.pop(name) for name in ("dataset", "file_index", "thumbnail"))
        for kept in facts["files"]:
            kept["url"] = f"{address('item-file', batch.pk, facts['index'], kept['name'])}?{STEP}={facts['step']}"
        facts["original"] = address("dataset-file", dataset, file) if dataset else None
        facts["thumbnail"] = address("dataset-thumbnail", dataset, file) if drawn else None
        found.append(facts)
    return found
