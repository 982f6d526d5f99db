"""The tables of states, moves, controls and endings."""

from __future__ import annotations

import pytest

from control.states import ACTIVE, ALLOWED_CONTROLS, ALLOWED_MOVES, LIVE, TERMINAL, Control, State, settle
from sequences.outcomes import Outcome
from stations.contracts import Ending, Verdict


def verdict(ending: str, outcome: Outcome) -> Verdict:
    return Verdict(ending=ending, outcome=outcome, message="", cause=None, marginal=False, result=None)  # type: ignore[typeddict-item]


def test_every_state_has_its_moves_and_controls() -> None:
    assert set(ALLOWED_MOVES) == set(ALLOWED_CONTROLS) == set(State)
    assert set(LIVE) | set(TERMINAL) == set(State)


@pytest.mark.parametrize("state", TERMINAL)
def test_terminal_batch_never_changes_again(state: State) -> None:
    assert ALLOWED_MOVES[state] == ()
    assert set(ALLOWED_CONTROLS[state]) <= {Control.RESUME, Control.RERUN}  # by a new batch that follows it


def test_every_live_state_can_be_stopped_and_aborted() -> None:
    for state in LIVE:
        assert Control.STOP in ALLOWED_CONTROLS[state]
        assert {State.STOPPED, State.ABORTED} <= set(ALLOWED_MOVES[state])


def test_only_an_active_batch_can_crash() -> None:
    assert [state for state in State if State.CRASHED in ALLOWED_MOVES[state]] == list(ACTIVE)


@pytest.mark.parametrize(
    ("said", "outcome", "state"),
    [
        ("completed", Outcome.PASS, State.COMPLETED),
        ("completed", Outcome.FAIL, State.COMPLETED),
        ("failed", Outcome.ERROR, State.FAILED),
        ("failed", Outcome.TIMEOUT, State.FAILED),
        ("stopped", Outcome.NONE, State.STOPPED),
    ],
)
def test_settle_takes_the_verdict_of_an_orderly_end(said: str, outcome: Outcome, state: State) -> None:
    assert settle(Ending.FINISHED, verdict(said, outcome)) == (state, outcome, Outcome.NONE)


@pytest.mark.parametrize(
    ("ending", "state", "outcome"),
    [
        (Ending.STOP_EXPIRED, State.ABORTED, Outcome.NONE),
        (Ending.EMERGENCY, State.ABORTED, Outcome.NONE),
        (Ending.TIMEOUT, State.FAILED, Outcome.TIMEOUT),
        (Ending.LIMIT, State.FAILED, Outcome.ERROR),
        (Ending.CRASHED, State.CRASHED, Outcome.ERROR),
        (Ending.GUARD_LOST, State.CRASHED, Outcome.ERROR),
        (Ending.WARDEN_LOST, State.CRASHED, Outcome.ERROR),
        (Ending.LOST, State.CRASHED, Outcome.ERROR),
    ],
)
def test_settle_ignores_the_verdict_of_a_run_that_was_cut_short(ending: Ending, state: State, outcome: Outcome) -> None:
    assert settle(ending, verdict("completed", Outcome.PASS))[:2] == (state, outcome)


def test_settle_calls_an_end_without_a_verdict_a_crash() -> None:
    assert settle(Ending.FINISHED, None)[0] is State.CRASHED
