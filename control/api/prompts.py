"""What batches ask people: the prompts, their pictures, and the answer."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.batches import OfBatch, whole_batch
from control.api.bodies import Reason, Text, reason_in
from control.api.face import AnyAnswer, ApiView
from control.api.schema import Shape
from control.api.steering import ACCEPTED
from control.history.facts import prompt_facts
from control.history.pictures import picture_of
from control.lifecycle.answer import answer_prompt, find_prompt
from control.models import Prompt


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]})
class AnswerField(serializers.JSONField):
    """A text, a number, true or false: what the prompt asks for."""


class PromptFacts(Shape):
    """A question that a step asked, and who answered what."""

    prompt = serializers.CharField(help_text="Its name in this batch.")
    step = serializers.IntegerField(help_text="`index` of the step that asks.")
    attempt = serializers.IntegerField()
    type = serializers.ChoiceField(Prompt.Type.choices)
    message = serializers.CharField(help_text="The question.")
    choices = serializers.ListField(child=serializers.CharField(), help_text="Of a choice: what can be answered.")
    unit = serializers.CharField(help_text="Of a number.")
    minimum = serializers.FloatField(allow_null=True, help_text="Of a number; itself allowed.")
    maximum = serializers.FloatField(allow_null=True, help_text="Of a number; itself allowed.")
    default = AnswerField(allow_null=True, help_text="What a field begins with; never answered by itself.")
    image = serializers.CharField(allow_null=True, help_text="Its picture is at `prompts/{prompt}/image/`.")
    timeout_s = serializers.FloatField(
        allow_null=True, help_text="Pauses do not count. null: it waits as long as it takes."
    )
    state = serializers.ChoiceField(Prompt.State.choices)
    asked_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    answer = AnswerField(allow_null=True)
    answered_by = serializers.CharField()
    taken_at = serializers.DateTimeField(allow_null=True, help_text="When the run took the answer over.")
    closed_at = serializers.DateTimeField(allow_null=True, help_text="When it ended without an answer that held.")
    closed_why = serializers.CharField(help_text="`timeout`, or `ended` with its step.")
    control = serializers.UUIDField(allow_null=True, help_text="The control event of the answer.")


class Prompts(OfBatch):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "list_prompts"}
    ordering = ("id",)

    @extend_schema(responses=PromptFacts(many=True))
    def get(self, request: Request, batch_id: UUID) -> Response:
        """What a batch has asked people, in the order in which it asked.

        The one whose `state` is `WAITING` waits for an answer now.
        """
        return self.answer(batch_id, Prompt.objects.filter(batch=batch_id), prompt_facts)


class PromptImage(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "read_prompt_image"}
    tag = "batches"
    content_negotiation_class = AnyAnswer

    @extend_schema(
        responses={(200, kind): OpenApiTypes.BINARY for kind in ("image/png", "image/jpeg", "image/webp", "image/gif")}
    )
    def get(self, request: Request, batch_id: UUID, prompt: str) -> HttpResponse:
        """The picture that a prompt shows; 404 as soon as the sequence holds another one."""
        picture = picture_of(find_prompt(batch_id, prompt))
        # Whatever a picture pretends to be: no browser runs or guesses anything in it.
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
        return HttpResponse(picture.content, content_type=picture.type, headers=headers)


class AnswerBody(Reason):
    """The answer to one prompt."""

    prompt = Text(help_text="Its name, from `prompts/`.")
    value = AnswerField(help_text="A text, a number, true or false, as the prompt asks.")


class Answer(ApiView):
    rights: ClassVar = {"POST": Right.OPERATE}
    operations: ClassVar = {"POST": "answer_prompt"}
    refusals: ClassVar = {"POST": (409,)}
    tag = "batches"

    @extend_schema(
        request=AnswerBody,
        responses=ACCEPTED,
        examples=[OpenApiExample("a number", {"prompt": "p1", "value": 4.98}, request_only=True)],
    )
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Answer what a batch asks. The first answer holds, the next one is told who gave it."""
        given = AnswerBody.read(request).validated_data
        batch = answer_prompt(batch_id, given["prompt"], given["value"], by=self.actor, reason=reason_in(given))
        return Response(whole_batch(batch), status=202)
