"""Delivering what people asked of a running batch. The ControlEvent is the wish: nothing is copied or overwritten."""

from __future__ import annotations

import time

from django.conf import settings
from django.utils import timezone

from control.lifecycle.steer import WORDS
from control.models import Batch, ControlEvent
from stations.contracts import Wish
from stations.safety import client

# Whoever switches something on looks at it. What a slow instrument or a dead supervisor held up is not obeyed later.
GIVEN_FOR_S = 10.0
BY_HAND = (
    ControlEvent.Kind.MANUAL_COMMAND,
    ControlEvent.Kind.MANUAL_END,
    ControlEvent.Kind.TAKE_OVER,
    ControlEvent.Kind.GIVE_BACK,
)


def wish_of(event: ControlEvent) -> Wish:
    """What the runner is told of a control event."""
    wish = Wish(word=WORDS[ControlEvent.Kind(event.kind)], control=str(event.pk), reason=event.reason)
    if "step" in event.details:
        wish["step"] = event.details["step"]
    if "settings" in event.details:
        wish["settings"] = event.details["settings"]
    if event.kind in BY_HAND:
        about = {
            name: event.details[name] for name in ("instrument", "command", "value", "text") if name in event.details
        }
        return Wish(**wish, **about, by=event.by)  # type: ignore[typeddict-item]
    if "prompt" in event.details:
        wish["prompt"], wish["value"], wish["by"] = event.details["prompt"], event.details["value"], event.by
    return wish


def deliver_wishes(batch: Batch) -> int:
    """Hand undelivered wishes to the guard, oldest first; return how many it took. The rest is tried again later.

    A stop does not wait for those before it: a runner that reads no wishes any more is just what people stop.
    """
    delivered, held_up = 0, False
    for event in ControlEvent.objects.filter(batch=batch, delivered_at=None).order_by("pk"):
        wish = wish_of(event)
        if event.kind == ControlEvent.Kind.MANUAL_COMMAND:
            waited_s = (timezone.now() - event.requested_at).total_seconds()
            wish["until"] = time.time() + GIVEN_FOR_S - waited_s
        if held_up and wish["word"] != "stop":
            continue
        answer = client.wish(settings.STATION_PATHS, batch.slot_id or "", batch.run_name, wish)
        if answer is None or answer.get("answer") != "delivered":
            held_up = True
            continue
        ControlEvent.objects.filter(pk=event.pk).update(delivered_at=timezone.now())
        delivered += 1
    return delivered
