"""Removing spools whose every line has long been in the database."""

from __future__ import annotations

import time
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from control.models import Batch
from control.states import TERMINAL

KEEP_S = 7 * 24 * 3600


def remove_old_spools() -> int:
    """Delete the spools of batches that ended more than a week ago; return how many."""
    removed = 0
    for path in settings.STATION_PATHS.spools.glob("*.jsonl"):
        if time.time() - path.stat().st_mtime < KEEP_S:
            continue
        if (run := _run_of(path)) is not None and _is_over(run):
            path.unlink()
            removed += 1
    return removed


def _is_over(run: UUID) -> bool:
    """Whether the batch or the helping lane that a spool belongs to has ended; that of a lane may be gone by now."""
    batch = Batch.objects.filter(Q(pk=run) | Q(chunked_steps__helpers=run)).first()
    return batch is not None and batch.state in TERMINAL


def _run_of(path: Path) -> UUID | None:
    """The batch or helping lane that a spool is named by, whichever of its runs; None for a file that is no spool."""
    try:
        return UUID(path.name.partition(".")[0])
    except ValueError:
        return None
