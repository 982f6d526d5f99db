"""Delivering what people asked of a running batch. The ControlEvent is the wish: nothing is copied or overwritten."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone

from control.lifecycle.steer import WORDS
from control.models import Batch, ControlEvent
from stations.contracts import Wish
from stations.safety import client


def deliver_wishes(batch: Batch) -> int:
    """Hand undelivered wishes to the guard, oldest first; return how many it took. The rest is tried again later."""
    delivered = 0
    for event in ControlEvent.objects.filter(batch=batch, delivered_at=None).order_by("pk"):
        word = WORDS[ControlEvent.Kind(event.kind)]
        wish = Wish(word=word.value, control=str(event.pk), reason=event.reason)
        answer = client.wish(settings.STATION_PATHS, batch.slot_id or "", str(batch.pk), wish)
        if answer is None or answer.get("answer") != "delivered":
            break
        ControlEvent.objects.filter(pk=event.pk).update(delivered_at=timezone.now())
        delivered += 1
    return delivered
