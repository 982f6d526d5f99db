"""Datasets: made, filled, read again, deleted, and their files."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.downloads import download_file_of, thumbnail_of
from control.access.rights import Right
from control.api.bodies import Body, Choice, Reason, Text, reason_in
from control.api.face import AnyAnswer, ApiView, announced_length
from control.api.multipart import LeftToTheView, TakesFiles, is_multipart, read_fields, read_parts
from control.api.pagination import PARAMETERS, Pages
from control.api.schema import Shape
from control.history.datasets import dataset_facts, dataset_status, file_facts
from control.history.facts import Facts
from control.lifecycle.actor import LONGEST_REASON
from control.lifecycle.datasets.changes import (
    LONGEST_LOCATION,
    LONGEST_NAME,
    NewDataset,
    complete_dataset,
    create_dataset,
    delete_dataset,
    find_dataset,
    find_file,
    read_again,
)
from control.lifecycle.datasets.receiving import Received, Sent, receive_files
from control.models import Dataset, DatasetFile

LOCATION = OpenApiParameter("Location", str, "header", response=[201], description="The new dataset.")


class DatasetStatus(Shape):
    """How far a dataset is."""

    state = serializers.ChoiceField(Dataset.State.choices, help_text="Batches use it once it is READY.")
    message = serializers.CharField(help_text="Why it cannot be read; mostly empty.")
    progress = serializers.FloatField(min_value=0, max_value=1, help_text="How much of it is read.")
    total_files = serializers.IntegerField()
    read_files = serializers.IntegerField()
    bad_files = serializers.IntegerField(help_text="Files with a problem.")


class DatasetFacts(DatasetStatus):
    """A set of files that batches work on."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(Dataset.Kind.choices)
    location = serializers.CharField(help_text="A folder, or `bucket/prefix`; empty of what was uploaded.")
    station = serializers.CharField(help_text="Whose host reads it.")
    total_bytes = serializers.IntegerField()
    sha256 = serializers.CharField(help_text="Of its content; empty until it is known.")
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class FileFacts(Shape):
    """A file of a dataset."""

    index = serializers.IntegerField(help_text="From 0, in the order of the paths.")
    path = serializers.CharField(help_text="Within the dataset.")
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField(help_text="Empty of what cannot be read.")
    media_type = serializers.CharField(help_text="By its content.")
    width = serializers.IntegerField(allow_null=True, help_text="Pixels of an image; null of every other file.")
    height = serializers.IntegerField(allow_null=True)
    problem = serializers.CharField(help_text="Why it cannot be used; mostly empty.")
    url = serializers.URLField(help_text="Where the file itself is.")
    thumbnail = serializers.URLField(allow_null=True, help_text="A JPEG of at most 160 pixels.")


class RefusedFile(Shape):
    """A file that was not taken."""

    path = serializers.CharField()
    problem = serializers.CharField()


class ReceivedFacts(Shape):
    """What became of the files of one request."""

    files = serializers.IntegerField(help_text="How many were taken.")
    bytes = serializers.IntegerField()
    already = serializers.IntegerField(help_text="How many were there with the same content.")
    refused = RefusedFile(many=True)


class NewDatasetBody(Body):
    """What is to be made. As multipart/form-data: with the files themselves."""

    name = Text(
        required=False, max_length=LONGEST_NAME, help_text="Default: the last part of the location, or the time."
    )
    kind = Choice(Dataset.Kind.choices, required=False, help_text="Default: UPLOAD.")
    location = Text(required=False, max_length=LONGEST_LOCATION, help_text="An absolute folder, or `bucket/prefix`.")
    station = Text(required=False, allow_null=True, help_text="Whose host reads it. Default: this one's.")
    reason = Text(required=False, max_length=LONGEST_REASON, help_text="Kept in the history.")

    def new(self) -> NewDataset:
        given = self.validated_data
        kind = Dataset.Kind(given.get("kind", Dataset.Kind.UPLOAD))
        return NewDataset(given.get("name", ""), kind, given.get("location", ""), given.get("station") or None)


FILES: dict[str, Any] = {"type": "array", "items": {"type": "string", "format": "binary"}}
_TEXT = {"type": "string"}
UPLOAD = {"type": "object", "required": ["files"], "properties": {"files": FILES}}
NEW_UPLOAD = {
    "type": "object",
    "required": ["files"],
    "properties": {"name": _TEXT, "station": _TEXT, "reason": _TEXT, "files": FILES},
}


def create_from_upload(request: Request, fields: dict[str, str], files: Any, view: ApiView) -> Dataset:
    """A dataset of the files of one request: whole, or not at all. Raises what its steps raise."""
    body = NewDatasetBody(data=fields)
    body.is_valid(raise_exception=True)
    reason = reason_in(body.validated_data)
    dataset = create_dataset(body.new(), by=view.actor, reason=reason)
    try:
        received = _receive(request, dataset.pk, files)
        if received.refused:
            problems = [f"{path}: {problem}" for path, problem in received.refused]
            raise ValidationError({"files": problems[:20]})
        if not received.files:
            raise ValidationError({"files": [_("Send at least one file, in the field 'files'.")]})
        return complete_dataset(dataset.pk, by=view.actor, reason=reason, content=received.content)
    except BaseException:
        delete_dataset(dataset.pk, by=view.actor, reason="upload failed")
        raise


def _receive(request: Request, dataset_id: UUID, files: Any) -> Received:
    sent = (Sent(part.file, part.blocks) for part in files)
    return receive_files(dataset_id, sent, announced=announced_length(request))


class Datasets(TakesFiles):
    rights: ClassVar = {"GET": Right.SEE, "POST": Right.OPERATE}
    operations: ClassVar = {"GET": "list_datasets", "POST": "create_dataset"}
    refusals: ClassVar = {"POST": (409,)}
    tag = "datasets"
    queryset = Dataset.objects.exclude(state=Dataset.State.REMOVED)
    filter_backends = ()
    pagination_class = Pages
    ordering = ("-id",)
    query_parameters = PARAMETERS

    @extend_schema(responses=DatasetFacts(many=True))
    def get(self, request: Request) -> Response:
        """Datasets, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([dataset_facts(dataset) for dataset in page])

    @extend_schema(
        request={"application/json": NewDatasetBody, "multipart/form-data": NEW_UPLOAD},
        responses={201: OpenApiResponse(DatasetFacts, "It is read by the housekeeping of its station.")},
        parameters=[LOCATION],
        examples=[
            OpenApiExample("an upload", {"name": "tiles"}, request_only=True, media_type="application/json"),
            OpenApiExample(
                "a folder",
                {"kind": "FOLDER", "location": "/srv/images/2026-11"},
                request_only=True,
                media_type="application/json",
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        """Make a dataset.

        JSON makes one of a folder or bucket, or an upload that receives its files with further requests.
        `multipart/form-data` with the field `files` (repeated), after the others, makes one of just these files: whole,
        or not at all.
        """
        if is_multipart(request):
            fields, files = read_fields(read_parts(request), ("name", "station", "reason"))
            dataset = create_from_upload(request, fields, files, self)
        else:
            body = NewDatasetBody.read(request)
            dataset = create_dataset(body.new(), by=self.actor, reason=reason_in(body.validated_data))
        location = request.build_absolute_uri(reverse("api:dataset", args=[dataset.pk]))
        return Response(dataset_facts(dataset), status=201, headers={"Location": location})


class OneDataset(ApiView):
    http_method_names: ClassVar = ["get", "delete", "head"]
    rights: ClassVar = {"GET": Right.SEE, "DELETE": Right.OPERATE}
    operations: ClassVar = {"GET": "read_dataset", "DELETE": "delete_dataset"}
    refusals: ClassVar = {"DELETE": (409,)}
    tag = "datasets"

    @extend_schema(responses=DatasetFacts)
    def get(self, request: Request, dataset_id: UUID) -> Response:
        """One dataset; one that was deleted while batches name it, too."""
        return Response(dataset_facts(find_dataset(dataset_id)))

    @extend_schema(responses={204: OpenApiResponse(description="It is gone; its files are being cleared away.")})
    def delete(self, request: Request, dataset_id: UUID) -> Response:
        """Delete a dataset, with what was uploaded.

        A folder or bucket stays as it is. 409 while a live batch uses it.
        """
        delete_dataset(dataset_id, by=self.actor)
        return Response(status=204)


class StatusOfDataset(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "read_dataset_status"}
    tag = "datasets"

    @extend_schema(responses=DatasetStatus)
    def get(self, request: Request, dataset_id: UUID) -> Response:
        """How far a dataset is. Cheap: ask every second."""
        return Response(dataset_status(find_dataset(dataset_id)))


class FilesOfDataset(TakesFiles):
    rights: ClassVar = {"GET": Right.SEE, "POST": Right.OPERATE}
    operations: ClassVar = {"GET": "list_dataset_files", "POST": "upload_dataset_files"}
    refusals: ClassVar = {"POST": (409,)}
    tag = "datasets"
    filter_backends = ()
    pagination_class = Pages
    ordering = ("index",)
    query_parameters = ("problem", *PARAMETERS)
    parser_classes = (LeftToTheView,)

    @extend_schema(
        responses=FileFacts(many=True),
        parameters=[
            OpenApiParameter(
                "problem", bool, description="`true`: only those with a problem; `false`: only the others."
            )
        ],
    )
    def get(self, request: Request, dataset_id: UUID) -> Response:
        """The files of a dataset, in the order of their paths."""
        dataset = find_dataset(dataset_id)
        rows = _with_problem(DatasetFile.objects.filter(dataset=dataset), request.query_params.get("problem"))
        page = self.paginate_queryset(rows)
        return self.get_paginated_response([_file(request, dataset, file) for file in page])

    @extend_schema(request={"multipart/form-data": UPLOAD}, responses=ReceivedFacts)
    def post(self, request: Request, dataset_id: UUID) -> Response:
        """Send files to a dataset that receives them.

        In the field `files`, repeated; the name of each may have folders in it. What cannot be taken is `refused` by
        its name, the others are kept. Send portions until all is there, then complete it.
        """
        find_dataset(dataset_id)
        _fields, files = read_fields(read_parts(request), ())
        received = _receive(request, dataset_id, files)
        refused = [{"path": path, "problem": problem} for path, problem in received.refused]
        return Response(
            {"files": received.files, "bytes": received.size, "already": received.already, "refused": refused}
        )


def _with_problem(rows: QuerySet[DatasetFile], wanted: str | None) -> QuerySet[DatasetFile]:
    if wanted is None:
        return rows
    if wanted not in ("true", "false"):
        raise ValidationError({"problem": [_("It is true or false.")]})
    return rows.exclude(problem="") if wanted == "true" else rows.filter(problem="")


def _file(request: Request, dataset: Dataset, file: DatasetFile) -> Facts:
    where = [dataset.pk, file.index]
    thumbnail = request.build_absolute_uri(reverse("api:dataset-thumbnail", args=where)) if file.thumbnail else None
    url = request.build_absolute_uri(reverse("api:dataset-file", args=where))
    return {**file_facts(file), "url": url, "thumbnail": thumbnail}


class OneFile(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "read_dataset_file"}
    tag = "datasets"
    content_negotiation_class = AnyAnswer  # its type is that of the file

    @extend_schema(
        responses={
            (200, "*/*"): OpenApiTypes.BINARY,
            302: OpenApiResponse(description="Of a bucket: the object itself, for a day."),
        }
    )
    def get(self, request: Request, dataset_id: UUID, index: int) -> HttpResponseBase:
        """A file of a dataset, as it is.

        It is on the host of the dataset's station: elsewhere the answer is 404 with a sentence that names that host.
        """
        dataset = find_dataset(dataset_id)
        return download_file_of(dataset, find_file(dataset, index))


class Thumbnail(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "read_dataset_thumbnail"}
    tag = "datasets"
    content_negotiation_class = AnyAnswer

    @extend_schema(responses={(200, "image/jpeg"): OpenApiTypes.BINARY})
    def get(self, request: Request, dataset_id: UUID, index: int) -> HttpResponseBase:
        """The thumbnail of an image, encoded anew: a JPEG of at most 160 pixels."""
        dataset = find_dataset(dataset_id)
        return thumbnail_of(dataset, find_file(dataset, index))


class CompleteDataset(ApiView):
    rights: ClassVar = {"POST": Right.OPERATE}
    operations: ClassVar = {"POST": "complete_dataset"}
    refusals: ClassVar = {"POST": (409,)}
    tag = "datasets"

    @extend_schema(request=Reason, responses={202: OpenApiResponse(DatasetFacts, "It is being read.")})
    def post(self, request: Request, dataset_id: UUID) -> Response:
        """Say that every file has been sent: the dataset is read."""
        reason = reason_in(Reason.read(request).validated_data)
        return Response(dataset_facts(complete_dataset(dataset_id, by=self.actor, reason=reason)), status=202)


class ReadDatasetAgain(ApiView):
    rights: ClassVar = {"POST": Right.OPERATE}
    operations: ClassVar = {"POST": "read_dataset_again"}
    refusals: ClassVar = {"POST": (409,)}
    tag = "datasets"

    @extend_schema(request=Reason, responses={202: OpenApiResponse(DatasetFacts, "It is being read.")})
    def post(self, request: Request, dataset_id: UUID) -> Response:
        """Look at all files anew: those of a folder or bucket may have changed."""
        reason = reason_in(Reason.read(request).validated_data)
        return Response(dataset_facts(read_again(dataset_id, by=self.actor, reason=reason)), status=202)
