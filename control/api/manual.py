"""Manual control of a slot: sessions, the take-over of a paused batch, and commands to instruments."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.keys import KeyHolder
from control.access.rights import Right, rights_of
from control.api.batches import WholeBatch, created
from control.api.bodies import Choice, Reason, Text, reason_in
from control.api.control_events import ControlEventFacts
from control.api.face import ApiView
from control.api.permissions import RightMissing
from control.api.prompts import AnswerField
from control.api.schema import Shape
from control.api.slots import SlotFacts
from control.history.facts import control_event_facts
from control.history.manual import BEGIN, END, GIVE_BACK, TAKE_OVER, read_manual
from control.lifecycle.refusals import BadValue
from control.lifecycle.slots.instruments import NOTHING, Asked
from control.lifecycle.slots.manual import (
    await_answer,
    await_session,
    begin_session,
    command,
    end_session,
    find_slot,
    give_back,
    take_over,
)
from control.models import ControlEvent
from control.states import State
from stations.drivers.command import TYPES

ANSWERED_WITHIN_S = 2.0
SET, READ, RAW = "set", "read", "raw"
STEERING = {END: end_session, TAKE_OVER: take_over, GIVE_BACK: give_back}
# Which fields of the body each action needs, and which it takes besides.
FIELDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    BEGIN: ((), ("idle_limit_s",)),
    **dict.fromkeys((END, TAKE_OVER, GIVE_BACK), ((), ())),
    SET: (("instrument", "command", "value"), ()),
    READ: (("instrument",), ("command",)),
    RAW: (("instrument", "text"), ()),
}


class OwnerFacts(Shape):
    """Who holds a slot: the batch that it runs, else the one that waits for it."""

    batch = serializers.UUIDField()
    name = serializers.CharField()
    by = serializers.CharField(help_text="Who has started it.")
    state = serializers.ChoiceField(State.choices)
    session = serializers.BooleanField(help_text="It is a manual session.")


class CommandFacts(Shape):
    """A command that an instrument declares in the station file."""

    name = serializers.CharField()
    type = serializers.ChoiceField(TYPES)
    unit = serializers.CharField()
    minimum = serializers.FloatField(allow_null=True, help_text="In `unit`; itself allowed.")
    maximum = serializers.FloatField(allow_null=True, help_text="In `unit`; itself allowed.")
    description = serializers.CharField()
    sets = serializers.BooleanField(help_text="It can be set.")
    reads = serializers.BooleanField(help_text="It can be read, which happens by itself during manual control.")
    value = AnswerField(allow_null=True, help_text="Its last reading; null: not known, or nobody drives the slot.")


class DrivenInstrumentFacts(Shape):
    """An instrument of a slot, with everything that can be commanded."""

    name = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField(), help_text="In this slot.")
    driver = serializers.CharField()
    resource = serializers.CharField()
    calibration_due = serializers.DateField(allow_null=True)
    safe_state = serializers.BooleanField(help_text="It has one: it can give energy.")
    problem = serializers.CharField(help_text="Why it could not be read last; mostly empty.")
    commands = CommandFacts(many=True)


class ManualFacts(Shape):
    """Driving the instruments of a slot by hand: by whom, what can be done now, and what instruments say."""

    slot = SlotFacts()
    owner = OwnerFacts(allow_null=True)
    manual_by = serializers.CharField(help_text="Who drives the instruments now; empty: nobody.")
    why_not = serializers.CharField(
        help_text="Why nobody can begin a session now, and what to do; empty where somebody can, or drives already."
    )
    actions = serializers.ListField(
        child=serializers.ChoiceField([BEGIN, END, TAKE_OVER, GIVE_BACK]), help_text="What the state allows now."
    )
    idle_ends_at = serializers.DateTimeField(
        allow_null=True, help_text="When a session ends by itself, unless somebody gives a command."
    )
    instruments = DrivenInstrumentFacts(many=True)
    commands = ControlEventFacts(many=True, help_text="The newest commands with their answers, newest first.")


@extend_schema_field({"type": "number", "minimum": 1, "maximum": 86400})
class IdleLimit(serializers.JSONField):
    """Seconds; the sequence's own declaration says which."""


class ManualBody(Reason):
    """What to do. `instrument`, `command`, `value` and `text` belong to the actions that need them."""

    action = Choice(choices=list(FIELDS))
    instrument = Text(required=False, help_text="Its name, or its role in the slot.")
    command = Text(required=False, help_text="Of `set` and `read`. `read` without one asks whether it is there.")
    value = AnswerField(required=False, help_text="Of `set`: a number, a text, true or false.")
    text = Text(required=False, help_text="Of `raw`: sent as it stands; what holds a `?` waits for an answer.")

    idle_limit_s = IdleLimit(
        required=False, help_text="Of `begin`: without a command for so long the session ends by itself; default 900."
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        needed, more = FIELDS[given["action"]]
        for name in needed:
            if name not in given:
                sentence = _("The action '%(action)s' needs '%(field)s'.")
                raise BadValue(sentence % {"action": given["action"], "field": name}, field=name)
        for name in given:
            if name not in ("action", "reason", *needed, *more):
                sentence = _("The action '%(action)s' takes no '%(field)s'.")
                raise BadValue(sentence % {"action": given["action"], "field": name}, field=name)
        return given


ANSWERS = {
    200: OpenApiResponse(
        ControlEventFacts, "Answered: `after` holds it. Of a command `value`, `unit`, `text`, `error`."
    ),
    201: OpenApiResponse(WholeBatch, "`begin`: the batch of the session."),
    202: OpenApiResponse(ControlEventFacts, "Not answered within 2 s; `control-events` of the batch will have it."),
}


class Manual(ApiView):
    rights: ClassVar = {"GET": Right.SEE, "POST": Right.OPERATE}
    operations: ClassVar = {"GET": "read_manual", "POST": "drive_by_hand"}
    refusals: ClassVar = {"POST": (409,)}
    tag = "slots"

    @extend_schema(responses=ManualFacts)
    def get(self, request: Request, station: str, slot: str) -> Response:
        """The instruments of a slot, their declared commands and last readings, and who drives them."""
        return Response(read_manual(find_slot(f"{station}/{slot}")))

    @extend_schema(
        request=ManualBody,
        responses=ANSWERS,
        examples=[
            OpenApiExample("begin a session", {"action": "begin", "reason": "look at the ripple"}, request_only=True),
            OpenApiExample(
                "set a value",
                {"action": "set", "instrument": "supply", "command": "voltage", "value": 5.0},
                request_only=True,
            ),
            OpenApiExample(
                "read a value", {"action": "read", "instrument": "meter-1", "command": "rail_3v3"}, request_only=True
            ),
            OpenApiExample(
                "a raw command", {"action": "raw", "instrument": "supply", "text": "MEAS:VOLT?"}, request_only=True
            ),
        ],
    )
    def post(self, request: Request, station: str, slot: str) -> Response:
        """Begin or end a manual session, take a paused batch over or give it back, or command an instrument.

        Raw commands take the right `engineer`. A slot that somebody else holds is refused with the name of its holder.
        """
        given = ManualBody.read(request).validated_data
        name, action = f"{station}/{slot}", given["action"]
        who = {"by": self.actor, "reason": reason_in(given)}
        if action == BEGIN:
            batch = begin_session(name, idle_limit_s=given.get("idle_limit_s"), **who)
            return created(request, await_session(batch, ANSWERED_WITHIN_S))
        if action == RAW:
            self._check_engineer(request)
        event = STEERING[action](name, **who) if action in STEERING else command(name, _asked(given), **who)
        return _answer(await_answer(event, ANSWERED_WITHIN_S))

    def _check_engineer(self, request: Request) -> None:
        holder = request.auth if isinstance(request.auth, KeyHolder) else None
        if Right.ENGINEER not in (holder.rights if holder else rights_of(request.user)):
            raise RightMissing(Right.ENGINEER, holder)


def _asked(given: dict[str, Any]) -> Asked:
    return Asked(given["instrument"], given.get("command", ""), given.get("value", NOTHING), given.get("text"))


def _answer(event: ControlEvent) -> Response:
    return Response(control_event_facts(event), status=200 if event.after else 202)
