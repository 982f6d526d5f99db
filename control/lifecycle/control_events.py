"""Writing down who intervened."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from control.lifecycle.actor import Actor
from control.models import Batch, ControlEvent


def record_control_event(
    kind: ControlEvent.Kind, *, by: Actor, reason: str, batch: Batch | None = None, at_once: bool = False, **more: Any
) -> ControlEvent:
    """Write one intervention. `at_once`: it is obeyed already; otherwise it waits to be delivered."""
    now = timezone.now()
    done = {"delivered_at": now, "obeyed_at": now} if at_once else {}
    return ControlEvent.objects.create(
        kind=kind,
        batch=batch,
        user=by.user,
        by=by.name,
        face=by.face,
        reason=reason,
        requested_at=now,
        **done,
        **more,
    )


def told(event: ControlEvent) -> dict[str, Any]:
    """What a story tells of an intervention, so that readers can say it in their own language."""
    who = {"kind": event.kind, "by": event.by, "face": event.face, "reason": event.reason}
    was = {name: value for name, value in event.before.items() if name in ("settings", "value")}
    more = {"scope": event.scope, "details": event.details, "before": was}
    return {"control": str(event.pk), **who, **{name: value for name, value in more.items() if value}}
