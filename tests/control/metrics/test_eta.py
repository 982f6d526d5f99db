"""How long a batch will still take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from control.metrics.eta import seconds_left
from control.models import Batch
from control.states import State

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def batch(progress: float, *, elapsed: float = 10.0, usual: float | None = None, state: str = State.RUNNING) -> Batch:
    return Batch(state=state, progress=progress, expected_s=usual, started_at=NOW - timedelta(seconds=elapsed))


@pytest.mark.parametrize(
    ("progress", "usual", "left"),
    [
        (0.0, None, None),
        (0.0, 30.0, 20.0),
        (0.0, 10.0, 0.0),
        (0.5, None, 10.0),
        (0.5, 30.0, 15.0),
        (1.0, 30.0, 0.0),
    ],
)
def test_seconds_left_goes_from_history_to_projection(progress, usual, left):
    assert seconds_left(batch(progress, usual=usual), NOW) == pytest.approx(left) if left is not None else True
    assert (seconds_left(batch(progress, usual=usual), NOW) is None) == (left is None)


@pytest.mark.parametrize("progress", [0.0, 0.01, 0.7, 1.0])
def test_nobody_knows_the_end_of_what_takes_longer_than_usual(progress):
    assert seconds_left(batch(progress, usual=9.9), NOW) is None


@pytest.mark.parametrize("state", [State.PAUSED, State.COMPLETED])
def test_nobody_knows_the_end_of_what_does_not_move(state):
    assert seconds_left(batch(0.5, state=state), NOW) is None


def test_a_waiting_batch_has_no_time_left():
    assert seconds_left(Batch(state=State.QUEUED), NOW) is None


def test_nobody_knows_the_end_of_what_waits_for_an_answer():
    asking = batch(0.5, usual=30.0)
    asking.open_prompt = "p1"
    assert seconds_left(asking, NOW) is None
