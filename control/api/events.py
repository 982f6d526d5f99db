"""The story of a batch: every event with its gapless number, exactly as sockets carry it."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from control.access.rights import Right
from control.api.face import ApiView
from control.api.pagination import LIMIT, read_whole_number
from control.api.schema import Shape
from control.history.facts import event_facts
from control.journal.kinds import Kind, stream_of
from control.journal.read import read_after
from control.lifecycle.refusals import NotFound, no_batch
from control.models import Event, Stream

AFTER = "after"
USUAL, MOST = 200, 1000
LARGEST_SEQ = 2**63 - 1


class EventFacts(Shape):
    """A line of the story."""

    seq = serializers.IntegerField(help_text="1, 2, 3 … without a gap, in each batch.")
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField([kind.value for kind in Kind])
    level = serializers.ChoiceField(Event.Level.choices)
    step = serializers.IntegerField(allow_null=True, help_text="`index` of the step that it is about.")
    message = serializers.CharField()
    data = serializers.DictField(
        help_text="By kind, see the documentation of events. More than 8 KiB: the small values and `file`; the whole "
        "is in the event itself."
    )


class EventPage(Shape):
    """Part of a story, oldest first."""

    results = EventFacts(many=True)
    next = serializers.URLField(allow_null=True, help_text="What follows; null when nothing does yet.")
    previous = serializers.URLField(allow_null=True, help_text="What came before; null at the beginning.")
    head = serializers.IntegerField(help_text="Number of the newest event of the batch.")
    first_seq = serializers.IntegerField(
        help_text="Number of the oldest event that is kept: 1 unless some were pruned."
    )


def _number(name: str, meaning: str, lowest: int, highest: int, default: int) -> OpenApiParameter:
    schema: dict[str, Any] = {"type": "integer", "minimum": lowest, "maximum": highest, "default": default}
    return OpenApiParameter(name, schema, description=meaning)


class Events(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "list_events"}
    tag = "batches"
    query_parameters = (AFTER, LIMIT)

    @extend_schema(
        responses=EventPage,
        parameters=[
            _number(AFTER, "Only events with a higher number. Remember the last one that you saw.", 0, LARGEST_SEQ, 0),
            _number(LIMIT, "How many events at most.", 1, MOST, USUAL),
        ],
    )
    def get(self, request: Request, batch_id: UUID) -> Response:
        """The story of a batch after a number.

        The rows are those that sockets carry. While a batch lives, ask again with `after` at the last number seen.
        """
        after = read_whole_number(request, AFTER, 0, 0, LARGEST_SEQ)
        limit = read_whole_number(request, LIMIT, USUAL, 1, MOST)
        stream = Stream.objects.filter(batch=batch_id).only("name", "first_seq", "last_seq").first()
        if stream is None:
            raise no_batch(batch_id)
        events = read_after(stream.name, after, limit)
        # Written after the head was read: the newest one that is shown counts.
        head = max([stream.last_seq, *(event.seq for event in events)])
        return Response(
            {
                "results": [event_facts(event, whole=False) for event in events],
                "next": self._link(events[-1].seq, limit) if events and events[-1].seq < head else None,
                "previous": self._link(max(0, min(after, head) - limit), min(limit, after)) if after else None,
                "head": head,
                "first_seq": stream.first_seq,
            }
        )

    def _link(self, after: int, limit: int) -> str:
        address = replace_query_param(self.request.build_absolute_uri(), AFTER, str(after))
        return replace_query_param(address, LIMIT, str(limit))


class OneEvent(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "read_event"}
    tag = "batches"

    @extend_schema(responses=EventFacts)
    def get(self, request: Request, batch_id: UUID, seq: int) -> Response:
        """One event with the whole of its data."""
        event = Event.objects.filter(stream__name=stream_of(batch_id), seq=min(seq, LARGEST_SEQ)).first()
        if event is None:
            raise NotFound(_("Batch %(id)s has no event %(seq)s.") % {"id": batch_id, "seq": seq})
        return Response(event_facts(event))
