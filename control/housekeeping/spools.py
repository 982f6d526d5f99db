"""Removing spools whose every line has long been in the database."""

from __future__ import annotations

import time
from pathlib import Path
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
        batch_id = _batch_of(path)
        if batch_id is not None and Batch.objects.filter(pk=batch_id, state__in=TERMINAL).exists():
            path.unlink()
            removed += 1
    return removed


def _batch_of(path: Path) -> UUID | None:
    """The batch that a spool is named by; None for a file that somebody left here."""
    try:
        return UUID(path.stem)
    except ValueError:
        return None
