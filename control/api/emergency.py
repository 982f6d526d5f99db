"""Emergency stop and reset of a slot, a station or everything. A software stop, prompt on the station's own host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.authentication import KeyAuthentication
from control.api.bodies import Body, Text, YesNo, unkept
from control.api.face import AnyAnswer, ApiView
from control.api.problems import ApiProblem
from control.api.schema import Shape
from control.lifecycle.actor import LONGEST_REASON, USER_REQUEST
from control.lifecycle.emergency import ALL
from control.lifecycle.guards_said import say
from control.lifecycle.press import Pressed, press_emergency_stop, reset
from control.lifecycle.refusals import BadValue, UnknownName
from stations.contracts import GuardStatus
from stations.models import Slot, Station
from stations.safety import client
from stations.safety.emergency import STILL_LATCHED


class Scope(Body):
    """What is meant; the widest one counts. Nothing: the station of this host."""

    slot = Text(required=False, allow_null=True, help_text="`station/slot`.")
    station = Text(required=False, allow_null=True, help_text="A station's id.")
    all = YesNo(required=False, help_text="true: every station.")
    reason = Text(required=False, max_length=LONGEST_REASON, help_text="Kept in the history.")


class ResetScope(Scope):
    """What is to be released, and why it is safe to go on. Nothing but a reason: the station of this host."""

    reason = Text(max_length=LONGEST_REASON, help_text="Why it is safe to go on. Kept in the history.")


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
        return [KeyAuthentication(note_use=False), SessionAuthentication()]

    def body(self, request: Request) -> Mapping[str, Any]:
        """What was sent, as far as it can be read."""
        try:
            data = request.data
        except APIException:
            return {}
        return data if isinstance(data, Mapping) else {}


def given_reason(body: Mapping[str, Any]) -> str:
    """Any reason will do, and none; what no database keeps is left out."""
    reason = body.get("reason")
    return USER_REQUEST if not reason or unkept(reason) else str(reason)


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
        if not pressed.answers and not recorded:
            raise ApiProblem(
                "database-away", _("Nothing was reached: no guard of it is here, and the database is away.")
            )
        return Response(_stopped(pressed, recorded), status=200 if pressed.confirmed else 202)


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
        """Lift the emergency stop of a slot, a station or everything, with a reason. Starts nothing."""
        body = ResetScope.read(request).validated_data
        if sum(bool(body.get(what)) for what in ("slot", "station", "all")) > 1:
            raise BadValue(_("Name one thing: a slot, a station, or all."))
        scope = _scope_in(body)
        answers = reset(scope, by=self.actor, reason=body["reason"])
        slots = [_released(slot, answer) for slot, answer in sorted(answers.items())]
        return Response({"scope": scope, "message": _after_reset(scope, slots), "slots": slots})


def _scope_in(body: Mapping[str, Any]) -> str:
    """Raises UnknownName. Asks no database for what is on this host."""
    if body.get("all") is True:
        return ALL
    here = client.slots_known(settings.STATION_PATHS)
    stations = sorted({slot.partition("/")[0] for slot in here})
    if name := body.get("station"):
        return _known("station", str(name), stations)
    if name := body.get("slot"):
        return _known("slot", str(name), here)
    if not stations:
        raise BadValue(_("This host has no station. Name a slot or a station, or all."))
    return stations[0]


def _known(what: str, name: str, here: list[str]) -> str:
    if name in here:
        return name
    rows = Station.objects if what == "station" else Slot.objects
    if unkept(name) or not rows.filter(pk=name).exists():
        raise UnknownName(what, name, rows.values_list("pk", flat=True))
    return name


def _stopped(pressed: Pressed, recorded: bool) -> dict[str, Any]:
    scope = {"scope": pressed.latch["scope"]}
    if pressed.confirmed:
        message = _("Emergency stop of %(scope)s: every output is off.") % scope
    elif pressed.answers:
        message = _("Emergency stop of %(scope)s: NOT CONFIRMED. Look at the bench before anybody touches it.") % scope
    else:
        message = _("Emergency stop of %(scope)s: its own host has been told through the database.") % scope
    slots = [{"slot": slot, "confirmed": safe, "message": sentence} for slot, safe, sentence in pressed.slots()]
    state = {"confirmed": pressed.confirmed, "recorded": recorded, "message": message, "slots": slots}
    return {"id": pressed.latch["id"], **scope, **state}


def _released(slot: str, answer: GuardStatus | str) -> dict[str, Any]:
    if isinstance(answer, str):
        return {"slot": slot, "latched": answer == STILL_LATCHED, "message": say(answer)}
    if answer["latch"] is not None:
        by = {"by": answer["latch"]["by"]}
        return {"slot": slot, "latched": True, "message": _("It is still latched by %(by)s.") % by}
    message = _("It is ready.") if answer["safe"] else _("It is no longer latched, but not known to be safe yet.")
    return {"slot": slot, "latched": False, "message": message}


def _after_reset(scope: str, slots: list[dict[str, Any]]) -> str:
    if not slots:
        return _("%(scope)s is reset. Its own host lifts the latches.") % {"scope": scope}
    return _("%(scope)s is reset. Nothing was started.") % {"scope": scope}
