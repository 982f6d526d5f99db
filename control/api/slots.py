"""Slots and lanes of all stations, and whether they take work."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.bodies import Body, Reason, Text, reason_in
from control.api.face import ApiView
from control.api.instruments import InstrumentFacts
from control.api.pagination import WholeList, whole_list
from control.api.schema import Shape
from control.history.facts import Facts
from control.history.slots import read_slots
from control.lifecycle.actor import LONGEST_REASON
from control.lifecycle.refusals import NotFound
from control.lifecycle.safety.guards_said import after_making_safe
from control.lifecycle.safety.making_safe import make_safe
from control.lifecycle.slots.service import NEEDS_REASON, put_into_service, take_out_of_service
from control.states import SlotState
from stations.contracts import SafeReason
from stations.models import Slot


class OutOfService(Shape):
    """What keeps a slot from taking work."""

    why = serializers.ChoiceField(
        ["PERSON", "HEALTH", "FILE"],
        help_text="PERSON: until somebody puts it back. HEALTH: until its instruments are well again, by itself. "
        "FILE: the station file does not name it any more.",
    )
    by = serializers.CharField(help_text="Of PERSON: who; else empty.")
    reason = serializers.CharField(help_text="Of PERSON: why. Of HEALTH: the names of the instruments.")
    at = serializers.DateTimeField(allow_null=True)


class WhyOut(Body):
    """Why a slot is taken out of service."""

    reason = Text(missing=NEEDS_REASON, max_length=LONGEST_REASON, help_text="Told to whoever wants to use it.")


class UnsafeFacts(Shape):
    """Since when and why a slot is not known to be safe. Until an engineer clears it, it takes no work."""

    since = serializers.DateTimeField()
    why = serializers.ChoiceField(
        [reason.value for reason in SafeReason], help_text="What the safe state was made for that was not confirmed."
    )
    problems = serializers.DictField(
        child=serializers.CharField(), help_text="By instrument, what was first said about each that did not confirm."
    )
    confirmed_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when all instruments confirm after all; null: they still do not."
    )


class HolderFacts(Shape):
    """Who holds an instrument that several slots share."""

    instrument = serializers.CharField()
    batch = serializers.UUIDField()
    batch_name = serializers.CharField()
    slot = serializers.CharField()


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
    health = InstrumentFacts(many=True, help_text="Its instruments, as they were found when it was idle last.")
    out_of_service = OutOfService(allow_null=True, help_text="What keeps it from taking work, while something does.")
    latch = serializers.DictField(allow_null=True, help_text="The emergency stop that holds it.")
    safe = serializers.BooleanField(allow_null=True, help_text="The guard's last word; null: not known.")
    unsafe = UnsafeFacts(
        allow_null=True,
        help_text="A safe state that was not confirmed and that no engineer has cleared yet.",
    )
    waiting = serializers.IntegerField(help_text="How many batches wait for it.")
    waits_for = HolderFacts(many=True, help_text="Batches of other slots that hold instruments of this one.")
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
        return Response(one_slot(f"{station}/{slot}"))


class PutIntoService(ApiView):
    rights: ClassVar = {"POST": Right.ENGINEER}
    operations: ClassVar = {"POST": "put_slot_into_service"}
    refusals: ClassVar = {"POST": (409,)}
    tag = "slots"

    @extend_schema(request=Reason, responses=SlotFacts)
    def post(self, request: Request, station: str, slot: str) -> Response:
        """Let a slot take work again that somebody has taken out of service.

        What waits for it starts. While its instruments are not well it stays out of service all the same.
        """
        reason = reason_in(Reason.read(request).validated_data)
        return Response(one_slot(put_into_service(f"{station}/{slot}", by=self.actor, reason=reason).pk))


class TakeOutOfService(ApiView):
    rights: ClassVar = {"POST": Right.ENGINEER}
    operations: ClassVar = {"POST": "take_slot_out_of_service"}
    tag = "slots"

    @extend_schema(request=WhyOut, responses=SlotFacts)
    def post(self, request: Request, station: str, slot: str) -> Response:
        """Take a slot out of service, with a reason, until somebody puts it back.

        A running batch goes on; nothing new starts, and what waits goes on waiting.
        """
        reason = WhyOut.read(request).validated_data["reason"]
        return Response(one_slot(take_out_of_service(f"{station}/{slot}", by=self.actor, reason=reason).pk))


class MadeSafe(Shape):
    """What the instruments answered."""

    id = serializers.UUIDField(help_text="Of the control event.")
    slot = serializers.CharField()
    confirmed = serializers.BooleanField(help_text="Its outputs are known to be off.")
    message = serializers.CharField()
    proof = serializers.DictField(
        allow_null=True, help_text="By instrument name: what was written, what was read back, and how long it took."
    )


class MakeSafe(ApiView):
    rights: ClassVar = {"POST": Right.OPERATE}
    operations: ClassVar = {"POST": "make_slot_safe"}
    refusals: ClassVar = {"POST": (409,)}
    tag = "slots"

    @extend_schema(
        request=Reason,
        responses={
            200: OpenApiResponse(MadeSafe, "Confirmed: the outputs are off."),
            202: OpenApiResponse(MadeSafe, "Told, but not confirmed: look at the bench before anybody touches it."),
        },
    )
    def post(self, request: Request, station: str, slot: str) -> Response:
        """Make an idle slot safe now, and prove it.

        Asks nothing and latches nothing. While a batch runs there, or uses an instrument that this slot shares, it is
        refused (409): stop that batch, or press the emergency stop.
        """
        name = str(one_slot(f"{station}/{slot}")["id"])
        made = make_safe(name, by=self.actor, reason=reason_in(Reason.read(request).validated_data))
        [line] = after_making_safe(made.answers)
        answer = made.answers[name]
        proof = None if isinstance(answer, str) or answer["proof"] is None else answer["proof"]["instruments"]
        facts = {"id": made.event.pk, "slot": name, "confirmed": line["confirmed"], "message": line["sentence"]}
        return Response({**facts, "proof": proof}, status=200 if line["confirmed"] else 202)


def one_slot(name: str) -> Facts:
    """Raises NotFound."""
    found = read_slots(pk=name)
    if not found:
        raise NotFound(_("There is no slot '%(name)s'.") % {"name": name})
    return found[0]
