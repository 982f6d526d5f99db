"""Emergency stop and reset of a slot, a station or everything. A software stop, prompt on the station's own host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.authentication import KeyAuthentication, LoginAuthentication
from control.api.bodies import Body, Text, YesNo
from control.api.face import AnyAnswer, ApiView
from control.api.permissions import rights_held
from control.api.problems import ApiProblem
from control.api.schema import Shape
from control.lifecycle.actor import LONGEST_REASON, USER_REQUEST
from control.lifecycle.refusals import NEEDS_REASON, BadValue
from control.lifecycle.safety.guards_said import (
    after_reset,
    after_stop,
    is_latched,
    is_unsafe,
    reset_verdict,
    stop_verdict,
)
from control.lifecycle.safety.press import Pressed, press_emergency_stop, reset
from control.lifecycle.safety.scopes import ALL, find_slot, find_station, station_here


class Scope(Body):
    """What is meant; the widest one counts. Nothing: the station of this host."""

    slot = Text(required=False, allow_null=True, help_text="`station/slot`.")
    station = Text(required=False, allow_null=True, help_text="A station's id.")
    all = YesNo(required=False, help_text="true: every station.")
    reason = Text(required=False, max_length=LONGEST_REASON, help_text="Kept in the history.")


class ResetScope(Scope):
    """What is to be released, and why it is safe to go on. Nothing but a reason: the station of this host."""

    reason = Text(
        missing=NEEDS_REASON, max_length=LONGEST_REASON, help_text="Why it is safe to go on. Kept in the history."
    )


class StoppedSlot(Shape):
    slot = serializers.CharField()
    confirmed = serializers.BooleanField(help_text="Its outputs are known to be off.")
    message = serializers.CharField()


class Stopped(Shape):
    """What the guards of this host answered."""

    id = serializers.UUIDField(help_text="Of the control event.")
    scope = serializers.CharField(help_text="What is latched: a slot, a station or `all`.")
    confirmed = serializers.BooleanField(help_text="Every slot's outputs are known to be off.")
    recorded = serializers.BooleanField(help_text="false: the record follows when the database can be written.")
    message = serializers.CharField()
    slots = StoppedSlot(many=True)


class ReleasedSlot(Shape):
    slot = serializers.CharField()
    latched = serializers.BooleanField(help_text="Another emergency stop still holds it.")
    unsafe = serializers.BooleanField(help_text="Its safe state is not confirmed: an engineer has to clear it.")
    message = serializers.CharField()


class Released(Shape):
    """What was released. Slots of other hosts are released there within seconds and not listed."""

    scope = serializers.CharField()
    message = serializers.CharField()
    slots = ReleasedSlot(many=True)


class EmergencyView(ApiView):
    """Nothing stands between the key and the guards: no write, no check of the body or of what may be answered."""

    content_negotiation_class = AnyAnswer
    strict = False

    def get_authenticators(self) -> list[BaseAuthentication]:
        return [KeyAuthentication(note_use=False), LoginAuthentication()]

    def body(self, request: Request) -> Mapping[str, Any]:
        """What was sent, as far as it can be read."""
        try:
            data = request.data
        except (APIException, RequestDataTooBig):
            return {}
        return data if isinstance(data, Mapping) else {}


def given_reason(body: Mapping[str, Any]) -> str:
    """Any reason will do, and none."""
    return str(body.get("reason") or USER_REQUEST)


def verdict_on(pressed: Pressed, *, recorded: bool) -> str:
    """What a stop has come to. Raises ApiProblem when it has reached nobody, and nobody will hear of it either."""
    message = stop_verdict(pressed.latch["scope"], pressed.answers, recorded=recorded)
    if not pressed.answers and not recorded:
        raise ApiProblem("database-away", message)
    return message


class EmergencyStop(EmergencyView):
    rights: ClassVar = {"POST": Right.EMERGENCY_STOP}
    operations: ClassVar = {"POST": "emergency_stop"}
    refusals: ClassVar = {"POST": (400,)}
    tag = "safety"

    @extend_schema(
        request=Scope,
        responses={
            200: OpenApiResponse(Stopped, "Every slot has confirmed that its outputs are off."),
            202: OpenApiResponse(Stopped, "Told, but not confirmed: look at the bench before anybody touches it."),
        },
        examples=[
            OpenApiExample("one slot", {"slot": "demo/slot-1"}, request_only=True),
            OpenApiExample("a station", {"station": "demo", "reason": "smoke"}, request_only=True),
            OpenApiExample("everything", {"all": True}, request_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        """Emergency stop: kill what runs, switch off, latch.

        Without a body, and with one that cannot be read, it stops the station of this host. Fields that are not known
        and a reason of any kind are no cause for a refusal; only a slot or station that does not exist is. It is a
        software stop and no certified safety function, prompt on the station's own host; stations of other hosts hear
        of it through the database.
        """
        scope = _scope_in(self.body(request))
        pressed = press_emergency_stop(scope, by=self.actor, reason=given_reason(self.body(request)))
        recorded = pressed.record_soon()
        message = verdict_on(pressed, recorded=recorded)
        slots = [
            {"slot": line["slot"], "confirmed": line["confirmed"], "message": line["sentence"]}
            for line in after_stop(pressed.answers)
        ]
        state = {"confirmed": pressed.confirmed, "recorded": recorded, "message": message, "slots": slots}
        return Response({"id": pressed.latch["id"], "scope": scope, **state}, status=200 if pressed.confirmed else 202)


class Reset(ApiView):
    rights: ClassVar = {"POST": Right.RESET}
    operations: ClassVar = {"POST": "reset"}
    tag = "safety"

    @extend_schema(
        request=ResetScope,
        responses=Released,
        examples=[OpenApiExample("a slot", {"slot": "demo/slot-1", "reason": "cable replaced"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Lift the emergency stop of a slot, a station or everything, with a reason. Starts nothing.

        With the right `engineer` it also clears slots whose safe state was not confirmed (`unsafe`): they are made safe
        afresh, and stay as they are when that is still not confirmed. Batches that wait for a slot that was cleared
        begin then. Without that right nothing is cleared, and where there is nothing else to lift the answer is 403.
        """
        body = ResetScope.read(request).validated_data
        if sum(bool(body.get(what)) for what in ("slot", "station", "all")) > 1:
            raise BadValue(_("Name one thing: a slot, a station, or all."))
        scope = _scope_in(body)
        answers = reset(scope, by=self.actor, reason=body["reason"], clears=Right.ENGINEER in rights_held(request))
        slots = [
            {
                "slot": line["slot"],
                "latched": is_latched(answers[line["slot"]]),
                "unsafe": is_unsafe(answers[line["slot"]]),
                "message": line["sentence"],
            }
            for line in after_reset(answers)
        ]
        return Response({"scope": scope, "message": reset_verdict(scope, answers), "slots": slots})


def _scope_in(body: Mapping[str, Any]) -> str:
    """Raises UnknownName; BadValue when nothing is named and this host has no station."""
    if body.get("all"):  # of a stop anything but false: whoever names everything must not stop less
        return ALL
    if name := body.get("station"):
        return find_station(str(name))
    if name := body.get("slot"):
        return find_slot(str(name))
    return station_here()
