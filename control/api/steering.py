"""Pause, stop, skip, settings and emergency stop of one batch: wishes, answered with the batch as it is now."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import RIGHT_FOR, Right
from control.api.batches import WholeBatch, whole_batch
from control.api.bodies import Reason, StepOfPlan, reason_in
from control.api.emergency import EmergencyView, given_reason, verdict_on
from control.api.face import ApiView
from control.lifecycle.safety.press import emergency_stop_batch
from control.lifecycle.steer import change_settings, pause_batch, skip_step, stop_batch
from control.models import Batch
from control.states import Control

ACCEPTED = {202: OpenApiResponse(WholeBatch, "Accepted; `events` and `control-events` tell when it was obeyed.")}


class _Steering(ApiView):
    verb: ClassVar[Callable[..., Batch]]
    refusals: ClassVar = {"POST": (409,)}
    tag = "batches"

    def ask(self, request: Request, batch_id: UUID) -> Response:
        reason = reason_in(Reason.read(request).validated_data)
        return Response(whole_batch(type(self).verb(batch_id, by=self.actor, reason=reason)), status=202)


class Pause(_Steering):
    rights: ClassVar = {"POST": RIGHT_FOR[Control.PAUSE]}
    operations: ClassVar = {"POST": "pause_batch"}
    verb = pause_batch

    @extend_schema(request=Reason, responses=ACCEPTED)
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Pause a running batch at its next boundary."""
        return self.ask(request, batch_id)


class Stop(_Steering):
    rights: ClassVar = {"POST": RIGHT_FOR[Control.STOP]}
    operations: ClassVar = {"POST": "stop_batch"}
    verb = stop_batch

    @extend_schema(request=Reason, responses=ACCEPTED)
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Stop a batch with its teardown; at once when it still waits."""
        return self.ask(request, batch_id)


class SkipBody(Reason):
    """Which step to leave out."""

    step = StepOfPlan(required=False, allow_null=True, help_text="Default: the one that runs, else the next one.")


class Skip(_Steering):
    rights: ClassVar = {"POST": RIGHT_FOR[Control.SKIP]}
    operations: ClassVar = {"POST": "skip_step"}

    @extend_schema(request=SkipBody, responses=ACCEPTED)
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Leave out a step of the main part: a coming one, or the running one from its next boundary on."""
        given = SkipBody.read(request).validated_data
        batch = skip_step(batch_id, step=given.get("step"), by=self.actor, reason=reason_in(given))
        return Response(whole_batch(batch), status=202)


class SettingsBody(Reason):
    """New values of live parameters."""

    settings = serializers.DictField(help_text="By the names of parameters that the sequence declares live.")


class ChangeSettings(_Steering):
    rights: ClassVar = {"POST": RIGHT_FOR[Control.SETTINGS]}
    operations: ClassVar = {"POST": "change_settings"}

    @extend_schema(
        request=SettingsBody,
        responses=ACCEPTED,
        examples=[OpenApiExample("a longer burn-in", {"settings": {"burn_in_time": 30}}, request_only=True)],
    )
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Change live settings of a running or paused batch, from its next boundary on."""
        given = SettingsBody.read(request).validated_data
        batch = change_settings(batch_id, given["settings"], by=self.actor, reason=reason_in(given))
        return Response(whole_batch(batch), status=202)


class EmergencyStopOfBatch(EmergencyView):
    rights: ClassVar = {"POST": Right.EMERGENCY_STOP}
    operations: ClassVar = {"POST": "emergency_stop_batch"}
    refusals: ClassVar = {"POST": (409,)}
    tag = "batches"

    @extend_schema(request=Reason, responses=ACCEPTED)
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Emergency stop of a batch: kill, switch off, latch its slot.

        A batch that waits ends ABORTED, with its slot latched if it waits for one. Never refused for its body.
        """
        stopped = emergency_stop_batch(batch_id, by=self.actor, reason=given_reason(self.body(request)))
        if stopped.pressed:
            verdict_on(stopped.pressed, recorded=stopped.recorded)
        # The guards know: whether a database answers now changes nothing.
        return Response(whole_batch(stopped.batch, look_around=False), status=202)
