"""Submitting over the API: what is to be run, and the batch that is the answer, be it a new one or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.batches import ListOfBatches, WholeBatch, address_of, whole_batch
from control.api.bodies import Body, Choice, Number, Text, Whole, YesNo, reason_in
from control.lifecycle.actor import LONGEST_REASON, Actor
from control.lifecycle.default_sequence import default_sequence
from control.lifecycle.idempotency import HEADER, LONGEST_KEY, answer_once
from control.lifecycle.submit import LONGEST_NAME, LONGEST_SUBJECT, Answer, Order, submit_once
from control.models import Batch
from sequences.items.options import AUTO, AUTOMATIC, LARGEST_CHUNK

KEY = OpenApiParameter(
    HEADER,
    str,
    "header",
    description=f"1 to {LONGEST_KEY} characters of your own: sent again within 24 hours, it is answered with the batch "
    "of the first time.",
)
ADDRESS = OpenApiParameter("Location", str, "header", response=[200, 201], description="The batch.")


@extend_schema_field(
    {"oneOf": [{"type": "integer", "minimum": 1, "maximum": LARGEST_CHUNK}, {"type": "string", "enum": [AUTO]}]}
)
class ChunkSize(Whole):
    """How many items are worked on together."""

    def to_internal_value(self, data: Any) -> int:
        return AUTOMATIC if data == AUTO else super().to_internal_value(data)


class NewBatch(Body):
    """What is to be run. Whatever is left out is decided as described."""

    sequence = Text(required=False, allow_null=True, help_text="Default: the slot's sequence, else its station's.")
    slot = Text(
        required=False, allow_null=True, help_text="`station/slot`. Default: the first free one that fits, or a lane."
    )
    name = Text(required=False, max_length=LONGEST_NAME, help_text="Default: the sequence's title and the subject.")
    subject = Text(
        required=False, max_length=LONGEST_SUBJECT, help_text="What it is about: a serial number, a dataset."
    )
    parameters = serializers.DictField(required=False, help_text="By the sequence's own schema.")
    priority = Choice(Batch.Priority.names, required=False, help_text="Default: NORMAL.")
    wait = YesNo(required=False, help_text="Default: true. false: 409 when the slot is busy.")
    dataset = Text(required=False, allow_null=True, help_text="Its id, or a name that no other one has.")
    target_dataset = Text(required=False, allow_null=True, help_text="What `dataset` is compared with, likewise.")
    chunk_size = ChunkSize(required=False, allow_null=True, help_text="Default: as the sequence declares.")
    item_timeout_s = Number(required=False, allow_null=True, help_text="Of one item. Default: likewise.")
    max_pixels = Whole(required=False, allow_null=True, help_text="Of one image. Default: likewise.")
    lanes = Whole(required=False, allow_null=True, help_text="At most so many work on it. Default: 0, all there are.")
    fresh = YesNo(required=False, help_text="Default: false. true: do it anew, although it has been done before.")
    reason = Text(required=False, max_length=LONGEST_REASON, help_text="Kept in the history.")

    def order(self) -> Order:
        given = self.validated_data
        slot = given.get("slot") or None
        return Order(
            sequence=given.get("sequence") or default_sequence(slot),
            slot=slot,
            name=given.get("name", ""),
            subject=given.get("subject", ""),
            parameters=given.get("parameters", {}),
            priority=Batch.Priority[given.get("priority", Batch.Priority.NORMAL.name)],
            wait=given.get("wait", True),
            dataset=given.get("dataset"),
            target_dataset=given.get("target_dataset"),
            chunk_size=given.get("chunk_size"),
            item_timeout_s=given.get("item_timeout_s"),
            max_pixels=given.get("max_pixels"),
            lanes=given.get("lanes"),
            fresh=given.get("fresh", False),
        )


class SubmittedBatch(WholeBatch):
    """The batch that does, or has done, what was asked for."""

    existing = serializers.BooleanField(help_text="It was there already: the same work, or the same idempotency key.")
    cached = serializers.BooleanField(help_text="It has done this before, and is the answer at once.")
    age_s = serializers.FloatField(allow_null=True, help_text="Since the end of what is cached, else null.")


SUBMITTED = {
    201: OpenApiResponse(SubmittedBatch, "It is queued; its slot takes it when it is free."),
    200: OpenApiResponse(SubmittedBatch, "Nothing new begins: `existing` or `cached` tells why."),
}


class Batches(ListOfBatches):
    rights: ClassVar = {**ListOfBatches.rights, "POST": Right.OPERATE}
    operations: ClassVar = {**ListOfBatches.operations, "POST": "submit_batch"}
    refusals: ClassVar = {"POST": (409,)}

    @extend_schema(
        request=NewBatch,
        responses=SUBMITTED,
        parameters=[KEY, ADDRESS],
        examples=[
            OpenApiExample("the default sequence", {"subject": "SN-0042"}, request_only=True),
            OpenApiExample(
                "with parameters",
                {
                    "sequence": "board_test",
                    "slot": "demo/slot-1",
                    "subject": "SN-0042",
                    "parameters": {"burn_in_time": 10},
                    "priority": "HIGH",
                    "wait": False,
                },
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        """Submit a batch.

        Where its sequence declares that its work need not be done twice, and the same is being done or has been done,
        that batch is the answer.
        """
        body = NewBatch.read(request)
        order, reason = body.order(), reason_in(body.validated_data)
        answer = answer_to(
            request,
            lambda: submit_once(order, by=self.actor, trigger=Batch.Trigger.API, reason=reason),
            by=self.actor,
        )
        return submitted(request, answer)


def answer_to(request: Request, answer: Callable[[], Answer], *, by: Actor, more: Any = None) -> Answer:
    """What `answer` gives, once for each idempotency key. `more`: what the request holds beside its body."""
    key = request.headers.get(HEADER)
    if key is None:
        return answer()
    return answer_once(key, [request.path, request.data, more], answer, by=by)


def submitted(request: Request, answer: Answer) -> Response:
    facts = {
        **whole_batch(answer.batch),
        "existing": answer.existing,
        "cached": answer.cached,
        "age_s": None if answer.age_s is None else round(answer.age_s, 1),
    }
    status = 200 if answer.existing or answer.cached else 201
    return Response(facts, status=status, headers={"Location": address_of(request, answer.batch)})
