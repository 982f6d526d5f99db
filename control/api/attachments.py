"""The files that the steps of a batch have kept."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.http import StreamingHttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.downloads import download
from control.access.rights import Right
from control.api.batches import OfBatch
from control.api.face import AnyAnswer, ApiView
from control.api.schema import Shape
from control.history.facts import Facts, attachment_facts
from control.lifecycle.attached_files import find_attachment
from control.models import Attachment


class AttachmentFacts(Shape):
    """A file that a step has kept."""

    id = serializers.UUIDField()
    step = serializers.IntegerField(help_text="`index` of its step.")
    attempt = serializers.IntegerField()
    name = serializers.CharField()
    media_type = serializers.CharField(help_text="As the sequence says, or by the ending of the name.")
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField(help_text="Of the content.")
    width = serializers.IntegerField(allow_null=True, help_text="Pixels of a picture; null of every other file.")
    height = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()
    url = serializers.URLField(help_text="Where the content is.")


class Attachments(OfBatch):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "list_attachments"}
    ordering = ("id",)

    @extend_schema(responses=AttachmentFacts(many=True))
    def get(self, request: Request, batch_id: UUID) -> Response:
        """The files that the steps of a batch have kept, in the order in which they came."""

        def facts(attachment: Attachment) -> Facts:
            address = reverse("api:attachment", args=[batch_id, attachment.pk])
            return {**attachment_facts(attachment), "url": request.build_absolute_uri(address)}

        return self.answer(batch_id, Attachment.objects.filter(batch=batch_id).select_related("step"), facts)


class OneAttachment(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "read_attachment"}
    tag = "batches"
    content_negotiation_class = AnyAnswer  # its type is that of the file

    @extend_schema(responses={(200, "*/*"): OpenApiTypes.BINARY})
    def get(self, request: Request, batch_id: UUID, attachment_id: UUID) -> StreamingHttpResponse:
        """The content of a file.

        Its `Content-Type` is its media type. A file lies on the host of the station that ran the batch: elsewhere the
        answer is 404 with a sentence that names that host.
        """
        return download(find_attachment(batch_id, attachment_id))
