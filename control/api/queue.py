"""What waits and in which order, moving it, and who works."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.batches import WholeBatch, whole_batch
from control.api.bodies import Choice, Reason, reason_in
from control.api.face import ApiView
from control.api.pagination import WholeList, whole_list
from control.api.schema import Shape
from control.history.waiting import SHOWN, read_queue
from control.history.workers import read_workers
from control.lifecycle.queue_moves import To, move_batch
from control.models import Batch
from control.states import SlotState, State
from stations.models import Slot


class WorkFacts(Shape):
    """A batch that runs, as far as whoever waits for it or watches where it runs is concerned."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    sequence = serializers.CharField()
    slot = serializers.CharField()
    state = serializers.ChoiceField(State.choices)
    progress = serializers.FloatField()
    current_step = serializers.CharField()
    seconds_left = serializers.FloatField(allow_null=True)


class WaitingFacts(Shape):
    """A batch that waits."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    subject = serializers.CharField()
    sequence = serializers.CharField()
    slot = serializers.CharField(allow_null=True, help_text="null: any lane of its station.")
    place = serializers.IntegerField(help_text="In its line, from 1.")
    priority = serializers.ChoiceField(Batch.Priority.names)
    turn_at = serializers.DateTimeField(help_text="What it is ordered by, behind what is URGENT: earlier goes first.")
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    waits_s = serializers.FloatField(help_text="Seconds since it was submitted.")
    held = serializers.CharField(help_text="What holds it back whoever else waits or runs; mostly empty.")
    why = serializers.CharField(help_text="Why it waits, a sentence.")
    starts_in_s = serializers.FloatField(
        allow_null=True, help_text="Seconds until it will probably begin; null: nobody knows."
    )


class LineFacts(Shape):
    """What waits for one slot, or for the lanes of a station."""

    station = serializers.CharField()
    slot = serializers.CharField(allow_null=True, help_text="null: the lanes of the station.")
    running = WorkFacts(many=True)
    held = serializers.CharField(help_text="Why nothing begins there now; mostly empty.")
    total = serializers.IntegerField(help_text="How many wait.")
    waiting = WaitingFacts(many=True, help_text=f"The first ones, at most {SHOWN} of each slot.")


class Queue(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "read_queue"}
    tag = "batches"
    pagination_class = WholeList

    @extend_schema(responses=LineFacts(many=True))
    def get(self, request: Request) -> Response:
        """What waits, line by line, in the order in which it will be taken."""
        return whole_list(read_queue(timezone.now()))


class MoveBody(Reason):
    """Where a waiting batch is moved."""

    to = Choice(
        [to.value for to in To],
        required=False,
        allow_null=True,
        help_text="Within its line, URGENT ones before the others. Default: where its priority and its age belong.",
    )
    priority = Choice(Batch.Priority.names, required=False, allow_null=True, help_text="Default: as it is.")


class Move(ApiView):
    rights: ClassVar = {"POST": Right.OPERATE}
    operations: ClassVar = {"POST": "move_batch"}
    refusals: ClassVar = {"POST": (409,)}
    tag = "batches"

    @extend_schema(
        request=MoveBody,
        responses=WholeBatch,
        examples=[OpenApiExample("before all others", {"to": "first"}, request_only=True)],
    )
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Move a waiting batch within its line, or give it another priority. Refused (409) when it waits no more."""
        given = MoveBody.read(request).validated_data
        to, priority = given.get("to"), given.get("priority")
        moved = move_batch(
            batch_id,
            to=To(to) if to else None,
            priority=Batch.Priority[priority] if priority else None,
            by=self.actor,
            reason=reason_in(given),
        )
        return Response(whole_batch(moved))


class ChunkInHand(Shape):
    """The chunk that a lane has in hand."""

    batch = serializers.UUIDField()
    step = serializers.CharField()
    number = serializers.IntegerField()
    items = serializers.IntegerField(help_text="How many.")
    tries = serializers.IntegerField(help_text="How often it has failed before.")
    began_at = serializers.DateTimeField(allow_null=True)


class PlaceFacts(Shape):
    """A slot or lane as a worker."""

    id = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(Slot.Kind.choices)
    state = serializers.ChoiceField(SlotState.choices)
    guard_pid = serializers.IntegerField(allow_null=True, help_text="Its guard on that host; null: none answers.")
    runner_pid = serializers.IntegerField(allow_null=True, help_text="The process that runs, or is ready to run.")
    batch = WorkFacts(allow_null=True, help_text="What it runs.")
    helps = WorkFacts(allow_null=True, help_text="The batch of another lane whose chunks it works on.")
    chunk = ChunkInHand(allow_null=True)


class WorkerFacts(Shape):
    """A station with its host and everything that works there."""

    id = serializers.CharField()
    name = serializers.CharField()
    host = serializers.CharField()
    alive = serializers.BooleanField()
    heartbeat_at = serializers.DateTimeField(allow_null=True, help_text="null: it was stopped on purpose.")
    load = serializers.FloatField(allow_null=True, help_text="Load average of the host over one minute.")
    processors = serializers.IntegerField(allow_null=True)
    places = PlaceFacts(many=True)


class Workers(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "list_workers"}
    tag = "system"
    pagination_class = WholeList

    @extend_schema(responses=WorkerFacts(many=True))
    def get(self, request: Request) -> Response:
        """All stations with their hosts, and what each of their slots and lanes has in hand."""
        return whole_list(read_workers(timezone.now()))
