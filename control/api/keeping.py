"""Keeping a batch from being pruned, and letting go of it again."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.batches import WholeBatch, whole_batch
from control.api.bodies import Reason, reason_in
from control.api.face import ApiView
from control.lifecycle.keeping import keep_batch


class _Keeping(ApiView):
    rights: ClassVar = {"POST": Right.OPERATE}
    tag = "batches"
    keep: ClassVar[bool]

    def set(self, request: Request, batch_id: UUID) -> Response:
        reason = reason_in(Reason.read(request).validated_data)
        return Response(whole_batch(keep_batch(batch_id, self.keep, by=self.actor, reason=reason)))


class Keep(_Keeping):
    operations: ClassVar = {"POST": "keep_batch"}
    keep = True

    @extend_schema(request=Reason, responses=WholeBatch)
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Keep a batch, in any state: it is never pruned."""
        return self.set(request, batch_id)


class Release(_Keeping):
    operations: ClassVar = {"POST": "release_batch"}
    keep = False

    @extend_schema(request=Reason, responses=WholeBatch)
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Keep a batch no longer."""
        return self.set(request, batch_id)
