"""The instruments of all stations, as they were found when somebody looked for them last."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.face import ApiView
from control.api.pagination import WholeList, whole_list
from control.api.schema import Shape
from control.history.slots import read_instruments
from control.states import InstrumentState


class InstrumentFacts(Shape):
    """An instrument, and whether it can be used."""

    id = serializers.CharField(help_text="`station/name`.")
    station = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(
        InstrumentState.choices, help_text="PROBLEM: it answers, but is not the expected one or not well."
    )
    identity = serializers.CharField(help_text="What it says it is; empty where it cannot be asked.")
    problem = serializers.CharField(help_text="Why it cannot be used; empty when it can.")
    last_answer_at = serializers.DateTimeField(allow_null=True, help_text="Written down every ten seconds.")
    response_ms = serializers.FloatField(allow_null=True, help_text="Milliseconds until its last answer.")
    calibration_due = serializers.DateField(allow_null=True)
    calibration_overdue = serializers.BooleanField(help_text="That day has passed, in the station's time zone.")


class Instruments(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "list_instruments"}
    tag = "slots"
    pagination_class = WholeList

    @extend_schema(responses=InstrumentFacts(many=True))
    def get(self, request: Request) -> Response:
        """All instruments, by station.

        They are looked for every two seconds while their slot is idle; during a batch they stay as they were.
        """
        return whole_list(read_instruments())
