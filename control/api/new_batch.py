"""What somebody asks for over the API: the body of a submit, in JSON or as fields beside files."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from control.api.bodies import Body, Choice, Number, Text, Whole, YesNo
from control.lifecycle.actor import LONGEST_REASON
from control.lifecycle.default_sequence import default_sequence
from control.lifecycle.submit import LONGEST_NAME, LONGEST_SUBJECT, Order
from control.models import Batch
from sequences.items.options import AUTO, AUTOMATIC, LARGEST_CHUNK


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
    name = Text(
        required=False,
        max_length=LONGEST_NAME,
        help_text="Default: the sequence's title, and the subject or the datasets.",
    )
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
