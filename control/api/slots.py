"""Slots and lanes of all stations."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.face import ApiView
from control.api.pagination import WholeList, whole_list
from control.api.schema import Shape
from control.history.slots import read_slots
from control.lifecycle.refusals import NotFound
from control.states import SlotState
from stations.models import Slot


class SlotFacts(Shape):
    """A slot, or a lane, with what it does now."""

    id = serializers.CharField(help_text="`station/slot`, also in addresses.")
    station = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(Slot.Kind.choices, help_text="A LANE is a slot without instruments.")
    state = serializers.ChoiceField(SlotState.choices)
    alive = serializers.BooleanField(help_text="Its station's host is working.")
    lost_contact_since = serializers.DateTimeField(
        allow_null=True, help_text="The last sign of life of its station's host; null while it works or was stopped."
    )
    sequence = serializers.CharField(help_text="What runs when none is named; empty: the station's default.")
    instruments = serializers.DictField(child=serializers.CharField(), help_text="Instruments by role.")
    latch = serializers.DictField(allow_null=True, help_text="The emergency stop that holds it.")
    safe = serializers.BooleanField(allow_null=True, help_text="The guard's last word; null: not known.")
    waiting = serializers.IntegerField(help_text="How many batches wait for it.")
    batch = serializers.UUIDField(allow_null=True, help_text="The batch that it runs.")
    batch_name = serializers.CharField()
    current_step = serializers.CharField()
    prompt = serializers.CharField(help_text="The prompt for which its batch waits; mostly empty.")
    manual_by = serializers.CharField(help_text="Who drives its instruments by hand now; mostly empty.")
    progress = serializers.FloatField(allow_null=True)


class Slots(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "list_slots"}
    tag = "slots"
    pagination_class = WholeList

    @extend_schema(responses=SlotFacts(many=True))
    def get(self, request: Request) -> Response:
        """All slots and lanes, by station."""
        return whole_list(read_slots())


class OneSlot(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "read_slot"}
    tag = "slots"

    @extend_schema(responses=SlotFacts)
    def get(self, request: Request, station: str, slot: str) -> Response:
        """One slot or lane."""
        found = read_slots(pk=f"{station}/{slot}")
        if not found:
            raise NotFound(_("There is no slot '%(name)s'.") % {"name": f"{station}/{slot}"})
        return Response(found[0])
