"""Two runs side by side."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from control.access.rights import Right
from control.api.batches import BatchFacts
from control.api.face import ApiView
from control.api.pagination import LIMIT, read_whole_number
from control.api.schema import Shape
from control.history.compared_steps import DIFFERENCES_LIMIT, MOST, View, compare_steps
from control.history.compared_steps import LIMIT as USUAL
from control.history.comparison import compare_batches, find_both
from control.models import Measurement
from control.states import StepOutcome, StepState

ONLY, STEP, REPETITION, FIRST = "only", "step", "repetition", "first"
DIFFERENCES = "differences"
LARGEST = 2**31 - 1


class ComparedBatch(BatchFacts):
    """A batch, without its traceback and result."""

    error = None
    result = None
    ended_steps = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many steps ended with which outcome."
    )


class Compared(Shape):
    """The same thing in both runs; null where one has no such thing."""

    name = serializers.CharField()
    a = serializers.JSONField(allow_null=True)
    b = serializers.JSONField(allow_null=True)
    differs = serializers.BooleanField()


class ComparedParameter(Compared):
    """`a` and `b`: `value` with which it began, `changed` while it ran or not, `now` what held last."""

    unit = serializers.CharField()


class ComparedConfiguration(Shape):
    """The keys of the station file in which they differ."""

    changes = Compared(many=True)
    total = serializers.IntegerField(help_text="How many there are; the first 200 are told.")


class ComparedMeasurement(Shape):
    """A measurement of both runs; `a` and `b` are null where it was not taken."""

    name = serializers.CharField()
    a = serializers.DictField(
        allow_null=True,
        help_text=f"type ({', '.join(Measurement.Type.values)}), value, unit, limits, outcome, marginal. "
        "Of a curve columns and number of points.",
    )
    b = serializers.DictField(allow_null=True)
    difference = serializers.FloatField(allow_null=True, help_text="a - b; null for what are not two numbers.")
    relative = serializers.FloatField(allow_null=True, help_text="The difference as a part of b.")
    largest = serializers.ListField(
        child=serializers.DictField(),
        allow_null=True,
        help_text="Of curves: the largest absolute difference in each column (name, unit, difference).",
    )
    differs = serializers.BooleanField()


class ComparedStep(Shape):
    """A repetition of a step in both runs: the attempt that counts."""

    name = serializers.CharField()
    group = serializers.CharField()
    repetition = serializers.IntegerField(help_text="From 0.")
    repetitions = serializers.DictField(child=serializers.IntegerField(), help_text="How many were planned in a and b.")
    a = serializers.DictField(
        allow_null=True,
        help_text=f"index, attempt, state ({', '.join(StepState.values)}), outcome ({', '.join(StepOutcome.values)}), "
        "marginal, duration_ms, message; null where it is not planned or not reached.",
    )
    b = serializers.DictField(allow_null=True)
    measurements = ComparedMeasurement(many=True)
    total_measurements = serializers.DictField(child=serializers.IntegerField(), help_text="How many a and b have.")
    complete = serializers.BooleanField(help_text="false: there are more; ask for this step and repetition alone.")
    differs = serializers.BooleanField(help_text="In its judgement or a measurement; durations do not count.")


class ComparedSteps(Shape):
    """A page of compared steps."""

    results = ComparedStep(many=True)
    first = serializers.IntegerField()
    looked_at = serializers.IntegerField(help_text="How many repetitions this page has looked at.")
    total = serializers.IntegerField(help_text="How many there are to look at.")
    next = serializers.URLField(allow_null=True)


class Comparison(Shape):
    """Two runs side by side."""

    a = ComparedBatch()
    b = ComparedBatch()
    same_sequence = serializers.BooleanField()
    same_package = serializers.BooleanField(help_text="The very same files of the sequence.")
    parameters = ComparedParameter(many=True)
    limits = Compared(many=True)
    used = Compared(many=True)
    drivers = Compared(many=True)
    station_configuration = ComparedConfiguration()
    steps = ComparedSteps()


def _parameter(name: str, meaning: str, schema: dict[str, Any]) -> OpenApiParameter:
    return OpenApiParameter(name, schema, description=meaning)


class Compare(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "compare_batches"}
    tag = "batches"
    query_parameters = (ONLY, STEP, REPETITION, FIRST, LIMIT)

    @extend_schema(
        responses=Comparison,
        parameters=[
            _parameter(ONLY, "Only what differs.", {"type": "string", "enum": [DIFFERENCES]}),
            _parameter(STEP, "Only the step of this name, with all its repetitions.", {"type": "string"}),
            _parameter(
                REPETITION, "Of that step only this one, with all its measurements.", {"type": "integer", "minimum": 0}
            ),
            _parameter(FIRST, "Where the page begins. Taken from `next`.", {"type": "integer", "default": 0}),
            _parameter(
                LIMIT,
                f"How many repetitions it looks at. Default: {USUAL}, of differences {DIFFERENCES_LIMIT}.",
                {"type": "integer", "minimum": 1, "maximum": MOST},
            ),
        ],
    )
    def get(self, request: Request, batch_id: UUID, other: UUID) -> Response:
        """A batch (a) beside another one (b).

        Steps are matched by name and repetition; of a step that is repeated often the first ten, unless `step` or
        `only` asks for all. `next` leads to the rest.
        """
        view = _view(request)
        a, b = find_both(batch_id, other)
        facts = compare_batches(a, b, timezone.now())
        if view.only_differences:
            for part in ("parameters", "limits", "used", "drivers"):
                facts[part] = [row for row in facts[part] if row["differs"]]
        steps = compare_steps(a, b, view)
        if steps["next"] is not None:
            steps["next"] = replace_query_param(request.build_absolute_uri(), FIRST, steps["next"])
        return Response({**facts, "steps": steps})


def _view(request: Request) -> View:
    """Raises ValidationError that names the parameter."""
    given = request.query_params
    if given.get(ONLY, DIFFERENCES) != DIFFERENCES:
        raise ValidationError({ONLY: [_("It can only be '%(known)s'.") % {"known": DIFFERENCES}]})
    if REPETITION in given and STEP not in given:
        raise ValidationError({REPETITION: [_("Name the step, too, whose repetition this is.")]})
    usual = DIFFERENCES_LIMIT if ONLY in given else USUAL
    return View(
        only_differences=ONLY in given,
        step=given.get(STEP, ""),
        repetition=read_whole_number(request, REPETITION, 0, 0, LARGEST) if REPETITION in given else None,
        first=read_whole_number(request, FIRST, 0, 0, LARGEST),
        limit=read_whole_number(request, LIMIT, usual, 1, MOST),
    )
