"""Batches: listed, filtered, submitted, looked at."""

from __future__ import annotations

from datetime import UTC
from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet, TextChoices
from django.urls import reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy
from django_filters.fields import IsoDateTimeField
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.face import ApiView
from control.api.pagination import PARAMETERS, Pages
from control.api.schema import Shape
from control.history.facts import PROVENANCE, Facts, batch_facts, batch_provenance, facts_of_batches
from control.history.queue import batches_ahead, held_back
from control.history.sequences import content_notice
from control.lifecycle.finding import find_batch
from control.lifecycle.given_datasets import find_dataset
from control.lifecycle.packages import known_packages
from control.lifecycle.refusals import UnknownName, no_batch
from control.models import Batch
from control.states import State, StepOutcome
from stations.models import Slot, Station


class BatchFacts(Shape):
    """A batch, as lists show it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.ChoiceField(State.choices)
    outcome = serializers.ChoiceField(StepOutcome.choices, help_text="NONE until it has ended.")
    marginal = serializers.BooleanField(help_text="It passed, but outside the comfortable band of a limit.")
    trigger = serializers.ChoiceField(Batch.Trigger.choices)
    sequence = serializers.CharField()
    version = serializers.CharField(help_text="Of the sequence.")
    station = serializers.CharField()
    slot = serializers.CharField(allow_null=True, help_text="null while it waits for any lane.")
    subject = serializers.CharField()
    dataset = serializers.UUIDField(allow_null=True, help_text="Of the dataset that it works on.")
    target_dataset = serializers.UUIDField(allow_null=True, help_text="Of what that is compared with.")
    priority = serializers.ChoiceField(Batch.Priority.names)
    progress = serializers.FloatField(min_value=0, max_value=1)
    total_items = serializers.IntegerField(
        allow_null=True, help_text="Files of its datasets. This and what follows: null of a batch without a dataset."
    )
    completed_items = serializers.IntegerField(allow_null=True, help_text="In its newest step over items.")
    failed_items = serializers.IntegerField(allow_null=True, help_text="In any step: they are given to no later one.")
    total_chunks = serializers.IntegerField(
        allow_null=True, help_text="Of all steps over items that have begun. Those not made yet are estimated."
    )
    completed_chunks = serializers.IntegerField(allow_null=True)
    failed_chunks = serializers.IntegerField(allow_null=True, help_text="Chunks of which an item has failed.")
    items_per_second = serializers.FloatField(allow_null=True, help_text="Of all lanes together, lately.")
    lanes = serializers.IntegerField(allow_null=True, help_text="How many work on its items now.")
    current_step = serializers.CharField()
    prompt = serializers.CharField(help_text="The prompt that waits for an answer, see `prompts/`; mostly empty.")
    manual_by = serializers.CharField(help_text="Who drives its slot's instruments by hand now; mostly empty.")
    message = serializers.CharField(help_text="How it ended, in a sentence.")
    cause = serializers.CharField(help_text="The first step that failed.")
    error = serializers.CharField()
    result = serializers.JSONField(allow_null=True, help_text="What its sequence returned.")
    keep = serializers.BooleanField(help_text="It is never pruned.")
    origin = serializers.UUIDField(allow_null=True, help_text="The batch that it repeats or goes on from.")
    origin_kind = serializers.ChoiceField(Batch.OriginKind.choices, allow_null=True)
    created_by = serializers.CharField(help_text="Who submitted it, and with which key.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    elapsed_s = serializers.FloatField(allow_null=True)
    seconds_left = serializers.FloatField(allow_null=True, help_text="null when nobody can know.")


class ItemsOfBatch(Shape):
    """How a batch goes over its items."""

    chunk_size = serializers.IntegerField(help_text="Items that are worked on together; 0: automatic.")
    timeout_s = serializers.FloatField(help_text="Of one item.")
    max_pixels = serializers.IntegerField(help_text="Of one image.")
    max_failed_items = serializers.IntegerField(help_text="With more of them, it fails.")
    lanes = serializers.IntegerField(help_text="At most so many work on it; 0: as many as there are.")


class WholeBatch(BatchFacts):
    """A batch with everything that it used."""

    ahead = serializers.IntegerField(allow_null=True, help_text="How many run or wait before it, while it is queued.")
    held = serializers.CharField(help_text="Why its slot takes nothing now, while it is queued; mostly empty.")
    sha256 = serializers.CharField(help_text="Of the sequence's package.")
    package = serializers.CharField()
    dataset_name = serializers.CharField(help_text="Empty without a dataset.")
    target_dataset_name = serializers.CharField()
    items_options = ItemsOfBatch(allow_null=True, help_text="How it goes over items; null without a dataset.")
    parameters = serializers.DictField(help_text="With which it was submitted.")
    units = serializers.DictField(help_text="Of the parameters that have one, by name.")
    settings = serializers.DictField(help_text="Live parameters that were changed while it ran.")
    limits = serializers.DictField()
    drivers = serializers.DictField(help_text="The drivers' versions, by instrument.")
    stop_grace_s = serializers.FloatField(help_text="From a stop to SIGTERM.")
    term_grace_s = serializers.FloatField(help_text="From SIGTERM to SIGKILL.")
    deadline_grace_s = serializers.FloatField(help_text="From a deadline that it lets pass to SIGKILL.")
    resources = serializers.DictField(
        help_text="What it may use: memory_mb, cpu_s, wall_s, files, output_mb, spool_mb, attachments_mb."
    )
    restarts_left = serializers.IntegerField(help_text="How often it is restarted by itself, should it crash.")
    carried = serializers.DictField(allow_null=True, help_text="Steps that are taken over from its origin.")
    station_configuration = serializers.DictField()
    notice = serializers.CharField(
        help_text="That the catalogue has something else by now than what it runs, or nothing; else empty."
    )


CREATED = {201: OpenApiResponse(WholeBatch, "It is queued; its slot takes it when it is free.")}


def _choices(choices: type[TextChoices], meaning: str) -> django_filters.MultipleChoiceFilter:
    known = ", ".join(choices.values)
    sentence = format_lazy(gettext_lazy("'%(value)s' is not known here. Known: {known}."), known=known)
    return django_filters.MultipleChoiceFilter(
        choices=choices.choices, distinct=False, label=meaning, error_messages={"invalid_choice": sentence}
    )


class MomentField(IsoDateTimeField):
    """A time that is one in every zone: near the year 1 or 9999 another zone's clock has no name for it."""

    def clean(self, value: Any) -> Any:
        moment = super().clean(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class MomentFilter(django_filters.IsoDateTimeFilter):
    field_class = MomentField


class BatchFilter(django_filters.FilterSet):
    """Exact values only. A name that stands for nothing is refused: no answer would look like no batches."""

    state = _choices(State, "May be given several times.")
    outcome = _choices(StepOutcome, "May be given several times.")
    trigger = _choices(Batch.Trigger, "May be given several times.")
    sequence = django_filters.CharFilter(method="of_sequence", label="A sequence's name.")
    station = django_filters.CharFilter(method="of_station", label="A station's id.")
    slot = django_filters.CharFilter(method="of_slot", label="`station/slot`.")
    subject = django_filters.CharFilter(label="Exactly this subject.")
    dataset = django_filters.CharFilter(
        method="of_dataset", label="A dataset that they work on or compare with, by id."
    )
    created_after = MomentFilter("created_at", "gte", label="At this time or later, ISO 8601.")
    created_before = MomentFilter("created_at", "lt", label="Before this time, ISO 8601.")

    def of_sequence(self, rows: QuerySet[Batch], _field: str, name: str) -> QuerySet[Batch]:
        found = rows.filter(sequence=name)
        if not Batch.objects.filter(sequence=name).exists():
            packages = known_packages()
            if name not in packages:
                raise UnknownName("sequence", name, packages)
        return found

    def of_dataset(self, rows: QuerySet[Batch], _field: str, name: str) -> QuerySet[Batch]:
        dataset = find_dataset(name)
        return rows.filter(Q(dataset=dataset) | Q(target_dataset=dataset))

    def of_station(self, rows: QuerySet[Batch], _field: str, name: str) -> QuerySet[Batch]:
        if not Station.objects.filter(pk=name).exists():
            raise UnknownName("station", name, Station.objects.values_list("pk", flat=True))
        return rows.filter(station=name)

    def of_slot(self, rows: QuerySet[Batch], _field: str, name: str) -> QuerySet[Batch]:
        if not Slot.objects.filter(pk=name).exists():
            raise UnknownName("slot", name, Slot.objects.values_list("pk", flat=True))
        return rows.filter(slot=name)


def whole_batch(batch: Batch, *, look_around: bool = True) -> Facts:
    ahead = batches_ahead(batch) if look_around and batch.state == State.QUEUED else None
    held = held_back(batch) if look_around else ""
    facts = {**batch_facts(batch, timezone.now()), "ahead": ahead, "held": held, **batch_provenance(batch)}
    return {**facts, "notice": content_notice(batch) if look_around else ""}


def created(request: Request, batch: Batch) -> Response:
    """The answer to whoever asked for a new batch."""
    return Response(whole_batch(batch), status=201, headers={"Location": address_of(request, batch)})


def address_of(request: Request, batch: Batch) -> str:
    return request.build_absolute_uri(reverse("api:batch", args=[batch.pk]))


class ListOfBatches(ApiView):
    """What `Batches` reads; what it writes stands in control.api.submitting."""

    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "list_batches"}
    tag = "batches"
    queryset = Batch.objects.defer(*PROVENANCE)
    filter_backends = (DjangoFilterBackend,)
    filterset_class = BatchFilter
    pagination_class = Pages
    ordering = ("-id",)
    query_parameters = (*BatchFilter.base_filters, *PARAMETERS)
    repeatable = ("state", "outcome", "trigger")

    @extend_schema(responses=BatchFacts(many=True))
    def get(self, request: Request) -> Response:
        """Batches, newest first.

        Filters narrow the list together; `state`, `outcome` and `trigger` may be repeated.
        """
        now = timezone.now()
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(facts_of_batches(page, now))


class OneBatch(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "read_batch"}
    tag = "batches"

    @extend_schema(responses=WholeBatch)
    def get(self, request: Request, batch_id: UUID) -> Response:
        """A batch with everything that it used."""
        return Response(whole_batch(find_batch(batch_id)))


class OfBatch(ApiView):
    """A list of what belongs to one batch, in its order."""

    tag = "batches"
    pagination_class = Pages
    query_parameters = PARAMETERS
    filter_backends = ()

    def answer(self, batch_id: UUID, rows: QuerySet[Any], facts: Any) -> Response:
        """One page. The batch itself is asked for only where nothing of it was found."""
        page = self.paginate_queryset(rows)
        if not page and not Batch.objects.filter(pk=batch_id).exists():
            raise no_batch(batch_id)
        return self.get_paginated_response([facts(row) for row in page])
