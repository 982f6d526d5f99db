"""Restart, run again, and resume: a new batch that follows one, or a paused one that goes on."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import RIGHT_FOR
from control.api.batches import CREATED, WholeBatch, address_of, whole_batch
from control.api.bodies import Choice, Reason, StepOfPlan, Whole, reason_in
from control.api.face import ApiView
from control.api.once import KEY, answer_to
from control.api.steering import ACCEPTED
from control.api.submitting import ADDRESS
from control.history.items import LARGEST
from control.lifecycle.chunks.carry import MOST_CHUNKS
from control.lifecycle.follow import Mode, rerun_batch, restart_batch, resume_batch
from control.lifecycle.submit import Answer
from control.states import ALLOWED_CONTROLS, Control, State

FOLLOWED = CREATED | {200: OpenApiResponse(WholeBatch, "The batch that the same idempotency key has begun before.")}
ALLOWED_IN = [state.value for state, controls in ALLOWED_CONTROLS.items() if Control.RESUME in controls]


def followed(request: Request, answer: Answer) -> Response:
    status = 200 if answer.existing else 201
    return Response(whole_batch(answer.batch), status=status, headers={"Location": address_of(request, answer.batch)})


class ResumeBody(Reason):
    """Why, and what exactly is meant."""

    seen = Choice(
        ALLOWED_IN,
        required=False,
        allow_null=True,
        help_text="The state in which you saw it: in another one by now, nothing is done (409).",
    )


class Resume(ApiView):
    rights: ClassVar = {"POST": RIGHT_FOR[Control.RESUME]}
    operations: ClassVar = {"POST": "resume_batch"}
    refusals: ClassVar = {"POST": (409,)}
    tag = "batches"

    @extend_schema(request=ResumeBody, responses=ACCEPTED | FOLLOWED, parameters=[KEY, ADDRESS])
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Let a paused batch go on (202), or a stopped or crashed one by a new batch that is linked to it (201).

        The new one takes over finished steps and saved values, from the last point at which its sequence can be taken
        up again: any step without hardware, else only a declared one.
        """
        given = ResumeBody.read(request).validated_data
        seen = State(given["seen"]) if given.get("seen") else None
        answer = answer_to(
            request,
            lambda: Answer(resume_batch(batch_id, seen=seen, by=self.actor, reason=reason_in(given))),
            by=self.actor,
        )
        if answer.batch.pk == batch_id:
            return Response(whole_batch(answer.batch), status=202)
        return followed(request, answer)


class Restart(ApiView):
    rights: ClassVar = {"POST": RIGHT_FOR[Control.RESTART]}
    operations: ClassVar = {"POST": "restart_batch"}
    refusals: ClassVar = {"POST": (409,)}
    tag = "batches"

    @extend_schema(request=Reason, responses=FOLLOWED, parameters=[KEY, ADDRESS])
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Stop a running or paused batch with its teardown, then run the same again: that new batch is the answer."""
        reason = reason_in(Reason.read(request).validated_data)
        answer = answer_to(
            request, lambda: Answer(restart_batch(batch_id, by=self.actor, reason=reason)), by=self.actor
        )
        return followed(request, answer)


class RerunBody(Reason):
    """What to run again."""

    mode = Choice([mode.value for mode in Mode], required=False, help_text="Default: same.")
    step = StepOfPlan(
        required=False,
        allow_null=True,
        help_text="With from_step, and then required; with chunks, where several steps go over items.",
    )
    chunks = serializers.ListField(
        child=Whole(min_value=0, max_value=LARGEST),
        required=False,
        allow_null=True,
        max_length=MOST_CHUNKS,
        help_text="Numbers of chunks. Only with chunks, and then required.",
    )


class Rerun(ApiView):
    rights: ClassVar = {"POST": RIGHT_FOR[Control.RERUN]}
    operations: ClassVar = {"POST": "rerun_batch"}
    refusals: ClassVar = {"POST": (409,)}
    tag = "batches"

    @extend_schema(
        request=RerunBody,
        responses=FOLLOWED,
        parameters=[KEY, ADDRESS],
        examples=[
            OpenApiExample("all of it", {}, request_only=True),
            OpenApiExample("what did not pass", {"mode": "failed_steps"}, request_only=True),
            OpenApiExample("from a step on", {"mode": "from_step", "step": "burn_in"}, request_only=True),
            OpenApiExample("the items that failed", {"mode": "failed_items"}, request_only=True),
            OpenApiExample("the items of some chunks", {"mode": "chunks", "chunks": [3, 7]}, request_only=True),
        ],
    )
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Run a batch that has ended again: all of it, only what did not pass, or from a step on.

        `failed_steps` and `from_step` take a resumable point where hardware is involved. Of a batch over a dataset,
        `failed_items` and `chunks` take over all other items.
        """
        given = RerunBody.read(request).validated_data
        mode = Mode(given.get("mode") or Mode.SAME)
        asked = {"step": given.get("step"), "chunks": given.get("chunks"), "reason": reason_in(given)}
        answer = answer_to(
            request,
            lambda: Answer(rerun_batch(batch_id, mode, by=self.actor, **asked)),
            by=self.actor,
        )
        return followed(request, answer)
