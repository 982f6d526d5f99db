"""Schedules: made, changed, removed and run at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.bodies import Body, Choice, Number, Reason, Text, Whole, YesNo, reason_in
from control.api.face import ApiView
from control.api.new_batch import ChunkSize
from control.api.pagination import WholeList, whole_list
from control.api.schema import Shape
from control.history.schedules import schedule_facts
from control.lifecycle.actor import LONGEST_REASON
from control.lifecycle.schedules.changes import (
    change_schedule,
    create_schedule,
    delete_schedule,
    find_schedule,
    run_schedule_now,
)
from control.lifecycle.schedules.plan import LONGEST_NAME, Plan
from control.lifecycle.schedules.times import LONGEST_INTERVAL_S
from control.lifecycle.submit import LONGEST_NAME as LONGEST_BATCH_NAME
from control.lifecycle.submit import LONGEST_SUBJECT, Order
from control.models import Batch, Schedule
from control.models.schedule import SHORTEST_INTERVAL_S


class ScheduleFacts(Shape):
    """A schedule, with when it runs next and what came of the last time."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    enabled = serializers.BooleanField()
    station = serializers.CharField(help_text="Whose housekeeping does it.")
    action = serializers.ChoiceField(Schedule.Action.choices)
    order = serializers.DictField(allow_null=True, help_text="Of RUN_SEQUENCE: what is submitted each time.")
    options = serializers.DictField(help_text="Of the other actions.")
    cron = serializers.CharField(help_text="Empty: it has an interval.")
    every_s = serializers.IntegerField(allow_null=True, help_text="null: it has a cron line.")
    time_zone = serializers.CharField(help_text="The zone that `cron` is meant in.")
    next_at = serializers.DateTimeField(allow_null=True, help_text="null while it is disabled.")
    next_times = serializers.ListField(child=serializers.DateTimeField(), help_text="The next three, or none.")
    going_on = serializers.BooleanField(help_text="What it started last has not ended yet.")
    last_at = serializers.DateTimeField(allow_null=True, help_text="When `last_result` was written.")
    last_due_at = serializers.DateTimeField(allow_null=True, help_text="What that was due at; null: somebody asked.")
    last_result = serializers.CharField()
    last_batch = serializers.UUIDField(allow_null=True)
    missed = serializers.IntegerField(help_text="How many runs were missed since it was made.")
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()


class OrderBody(Body):
    """What is submitted each time, as with `POST /api/control/batches/`."""

    sequence = Text(help_text="Its name.")
    slot = Text(required=False, allow_null=True, help_text="`station/slot`. Default: whichever fits, each time anew.")
    name = Text(required=False, max_length=LONGEST_BATCH_NAME, help_text="Of the batches.")
    subject = Text(required=False, max_length=LONGEST_SUBJECT, help_text="Of the batches.")
    parameters = serializers.DictField(required=False, help_text="By the sequence's own schema.")
    priority = Choice(Batch.Priority.names, required=False, help_text="Default: NORMAL.")
    dataset = Text(required=False, allow_null=True, help_text="Its id, or a name that no other one has.")
    target_dataset = Text(required=False, allow_null=True, help_text="What `dataset` is compared with, likewise.")
    chunk_size = ChunkSize(required=False, allow_null=True, help_text="Items, or auto. Default: as declared.")
    item_timeout_s = Number(required=False, allow_null=True, help_text="Of one item. Default: likewise.")
    max_pixels = Whole(required=False, allow_null=True, help_text="Of one image. Default: likewise.")
    lanes = Whole(required=False, allow_null=True, help_text="At most so many work on it. Default: 0, all there are.")
    fresh = YesNo(required=False, help_text="Default: false, a batch that has done the same before will do.")


class ScheduleChange(Body):
    """What is to be different. `order` and `options` are replaced as a whole; `cron` and `every_s` end each other."""

    name = Text(required=False, max_length=LONGEST_NAME, help_text="One of its own.")
    enabled = YesNo(required=False, help_text="Default: true.")
    station = Text(required=False, allow_null=True, help_text="Default: that of the slot, or the only one.")
    action = Choice(Schedule.Action.choices, required=False)
    order = OrderBody(required=False, allow_null=True, help_text="Of RUN_SEQUENCE.")
    options = serializers.DictField(
        required=False,
        help_text="Of BACKUP: `keep_days` (default 7). Of PRUNE: `older_than_days`.",
    )
    cron = Text(required=False, help_text="Minute, hour, day of the month, month, day of the week.")
    every_s = Whole(
        required=False,
        allow_null=True,
        help_text=f"From {SHORTEST_INTERVAL_S} to {LONGEST_INTERVAL_S}: elapsed time.",
    )
    time_zone = Text(required=False, help_text="Of `cron`, such as Europe/Berlin. Default: the station's.")
    reason = Text(required=False, max_length=LONGEST_REASON, help_text="Kept in the history.")

    def plan(self, plan: Plan) -> Plan:
        """The plan as it is with what was given."""
        given = {name: value for name, value in self.validated_data.items() if name != "reason"}
        if "action" in given:
            given["action"] = Schedule.Action(given["action"])
            if given["action"] != plan.action:
                given = {"order": None, "options": {}, **given}
        if given.get("order") is not None:
            given["order"] = _order(given["order"])
        if given.get("every_s") is not None:
            given = {"cron": "", **given}
        elif given.get("cron"):
            given = {"every_s": None, **given}
        return replace(plan, **given)


class NewSchedule(ScheduleChange):
    """What is to be done, and when: `cron` or `every_s`."""

    name = Text(max_length=LONGEST_NAME, help_text="One of its own.")
    action = Choice(Schedule.Action.choices)


def _order(given: Mapping[str, Any]) -> Order:
    priority = Batch.Priority[given.get("priority", Batch.Priority.NORMAL.name)]
    return Order(**{**given, "slot": given.get("slot") or None, "priority": priority})


WITH_PLACES = ("station", "last_batch", "created_by")
EXAMPLES = [
    OpenApiExample(
        "every night",
        {
            "name": "nightly",
            "action": "RUN_SEQUENCE",
            "order": {"sequence": "board_test", "slot": "demo/slot-1", "subject": "SN-0042"},
            "cron": "30 2 * * *",
        },
        request_only=True,
    ),
    OpenApiExample(
        "a backup every six hours",
        {"name": "backup", "action": "BACKUP", "options": {"keep_days": 14}, "every_s": 21600},
        request_only=True,
    ),
]


class Schedules(ApiView):
    rights: ClassVar = {"GET": Right.SEE, "POST": Right.SCHEDULE}
    operations: ClassVar = {"GET": "list_schedules", "POST": "create_schedule"}
    refusals: ClassVar = {"POST": (409,)}
    tag = "schedules"
    pagination_class = WholeList

    @extend_schema(responses=ScheduleFacts(many=True))
    def get(self, request: Request) -> Response:
        """All schedules, by name."""
        return whole_list([schedule_facts(row) for row in Schedule.objects.select_related(*WITH_PLACES)])

    @extend_schema(
        request=NewSchedule,
        responses={201: OpenApiResponse(ScheduleFacts, "It waits for its time.")},
        parameters=[OpenApiParameter("Location", str, "header", response=[201], description="The new schedule.")],
        examples=EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        """Make a schedule."""
        body = NewSchedule.read(request)
        given = body.validated_data
        plan = body.plan(Plan(given["name"], Schedule.Action(given["action"])))
        schedule = create_schedule(plan, by=self.actor, reason=reason_in(given))
        location = request.build_absolute_uri(reverse("api:schedule", args=[schedule.pk]))
        return Response(schedule_facts(schedule), status=201, headers={"Location": location})


class OneSchedule(ApiView):
    http_method_names: ClassVar = ["get", "patch", "delete", "head"]
    rights: ClassVar = {"GET": Right.SEE, "PATCH": Right.SCHEDULE, "DELETE": Right.SCHEDULE}
    operations: ClassVar = {"GET": "read_schedule", "PATCH": "change_schedule", "DELETE": "delete_schedule"}
    refusals: ClassVar = {"PATCH": (409,)}
    tag = "schedules"

    @extend_schema(responses=ScheduleFacts)
    def get(self, request: Request, schedule_id: UUID) -> Response:
        """One schedule."""
        return Response(schedule_facts(find_schedule(schedule_id)))

    @extend_schema(request=ScheduleChange, responses=ScheduleFacts)
    def patch(self, request: Request, schedule_id: UUID) -> Response:
        """Change a schedule; what is left out stays as it is.

        Its next run stays where it is unless its times change.
        """
        body = ScheduleChange.read(request)
        changed = change_schedule(schedule_id, body.plan, by=self.actor, reason=reason_in(body.validated_data))
        return Response(schedule_facts(changed))

    @extend_schema(responses={204: OpenApiResponse(description="It is gone.")})
    def delete(self, request: Request, schedule_id: UUID) -> Response:
        """Remove a schedule. What it has started goes on."""
        delete_schedule(schedule_id, by=self.actor)
        return Response(status=204)


class RunSchedule(ApiView):
    rights: ClassVar = {"POST": Right.SCHEDULE}
    operations: ClassVar = {"POST": "run_schedule"}
    refusals: ClassVar = {"POST": (409,)}
    tag = "schedules"

    @extend_schema(
        request=Reason,
        responses={
            202: OpenApiResponse(ScheduleFacts, "`last_batch` is the new batch; a backup begins within seconds.")
        },
    )
    def post(self, request: Request, schedule_id: UUID) -> Response:
        """Do at once what a schedule does, even while it is disabled; its next run stays where it is."""
        reason = reason_in(Reason.read(request).validated_data)
        run_schedule_now(schedule_id, by=self.actor, reason=reason)
        return Response(schedule_facts(find_schedule(schedule_id)), status=202)
