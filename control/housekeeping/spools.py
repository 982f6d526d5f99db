"""Removing spools whose every line has long been in the database."""

from __future__ import annotations

import time
from uuid import UUID

from django.conf import settings

from control.models import Batch
from control.states import TERMINAL

KEEP_S = 7 * 24 * 3600


def remove_old_spools() -> int:
    """Delete the spools of batches that ended more than a week ago; return how many."""
    removed = 0
    for path in settings.STATION_PATHS.spools.glob("*.jsonl"):
        if time.time() - path.stat().st_mtime < KEEP_S:
            continue
        if Batch.objects.filter(pk=UUID(path.stem), state__in=TERMINAL).exists():
            path.unlink()
            removed += 1
    return removed
