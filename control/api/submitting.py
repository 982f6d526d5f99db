"""Submitting over the API: the batch that is the answer, be it a new one or not."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.batches import ListOfBatches, WholeBatch, address_of, whole_batch
from control.api.bodies import reason_in
from control.api.files_beside import WITH_FILES, submit_with_files
from control.api.multipart import TakesFiles, is_multipart
from control.api.new_batch import NewBatch
from control.api.once import KEY, answer_to
from control.lifecycle.submit import Answer, submit_once
from control.models import Batch

ADDRESS = OpenApiParameter("Location", str, "header", response=[200, 201], description="The batch.")


class SubmittedBatch(WholeBatch):
    """The batch that does, or has done, what was asked for."""

    existing = serializers.BooleanField(help_text="It was there already: the same work, or the same idempotency key.")
    cached = serializers.BooleanField(help_text="It has done this before, and is the answer at once.")
    age_s = serializers.FloatField(allow_null=True, help_text="Since the end of what is cached, else null.")


SUBMITTED = {
    201: OpenApiResponse(SubmittedBatch, "It is queued; its slot takes it when it is free."),
    200: OpenApiResponse(SubmittedBatch, "Nothing new begins: `existing` or `cached` tells why."),
}


class Batches(TakesFiles, ListOfBatches):
    rights: ClassVar = {**ListOfBatches.rights, "POST": Right.OPERATE}
    operations: ClassVar = {**ListOfBatches.operations, "POST": "submit_batch"}
    refusals: ClassVar = {"POST": (409,)}

    @extend_schema(
        request={"application/json": NewBatch, "multipart/form-data": WITH_FILES},
        responses=SUBMITTED,
        parameters=[KEY, ADDRESS],
        examples=[
            OpenApiExample(
                "the default sequence", {"subject": "SN-0042"}, request_only=True, media_type="application/json"
            ),
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
                media_type="application/json",
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        """Submit a batch.

        Where its sequence declares that its work need not be done twice, and the same is being done or has been done,
        that batch is the answer. As multipart/form-data with `files` (repeated), after the other fields, it works on a
        new dataset of just these files, or on an old one of the same content, and waits until that has been read.
        """
        if is_multipart(request):
            return submitted(request, submit_with_files(request, self))
        body = NewBatch.read(request)
        order, reason = body.order(), reason_in(body.validated_data)
        answer = answer_to(
            request,
            lambda: submit_once(order, by=self.actor, trigger=Batch.Trigger.API, reason=reason),
            by=self.actor,
        )
        return submitted(request, answer)


def submitted(request: Request, answer: Answer) -> Response:
    facts = {
        **whole_batch(answer.batch),
        "existing": answer.existing,
        "cached": answer.cached,
        "age_s": None if answer.age_s is None else round(answer.age_s, 1),
    }
    status = 200 if answer.existing or answer.cached else 201
    return Response(facts, status=status, headers={"Location": address_of(request, answer.batch)})
