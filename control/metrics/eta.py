"""How long a batch will still take: the one function for page, API and terminal."""

from __future__ import annotations

from datetime import datetime

from control.models import Batch
from control.states import State

# Below this much progress a projection says nothing.
ENOUGH = 0.02


def elapsed_s(batch: Batch, now: datetime) -> float | None:
    """Seconds since the batch began, up to its end; None before it begins."""
    if batch.started_at is None:
        return None
    return ((batch.ended_at or now) - batch.started_at).total_seconds()


def seconds_left(batch: Batch, now: datetime) -> float | None:
    """Seconds until the batch ends; None when nothing is known, and while nobody can know: waiting, paused,
    asking somebody, ended.

    Before the first progress, what runs like this took lately; with progress, more and more its projection. One that
    takes longer than those did tells nothing any more: its projection would grow while it waits for one long step.
    """
    elapsed = elapsed_s(batch, now)
    if elapsed is None or batch.state != State.RUNNING or batch.open_prompt:
        return None
    if batch.expected_s is not None and elapsed > batch.expected_s:
        return None
    done = min(batch.progress, 1.0)
    projected = elapsed / done - elapsed if done >= ENOUGH else None
    usual = batch.expected_s - elapsed if batch.expected_s is not None else None
    if projected is None or usual is None:
        return projected if usual is None else usual
    return done * projected + (1 - done) * usual
