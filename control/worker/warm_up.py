"""A worker that has just started gets ready, so that the first batch does not wait for imports and a connection."""

from __future__ import annotations

from typing import Any

from django.db import Error, connection
from django.dispatch import receiver
from django_q.signals import post_spawn

from control.worker import tasks  # noqa: F401  (what the first task needs is imported with it)
from stations.models import Slot


@receiver(post_spawn)
def warm_up(**_: Any) -> None:
    """Connect and ask something. A database that is away now is no reason to fail: the first task tries again."""
    try:
        Slot.objects.exists()
    except Error:
        connection.close()
