"""finish: the one way into a terminal state, from which nothing ever changes again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from control.journal.append import Entry, alert, append, lock_story, tell_board
from control.journal.kinds import Kind, stream_of
from control.lifecycle.chunks.settle import cancel_chunks
from control.lifecycle.question_alerts import tell_questions_over
from control.lifecycle.slots.leases import free_instruments
from control.models import Batch, ControlEvent, Prompt, Step
from control.states import ALLOWED_MOVES, State, StepOutcome, StepState


@dataclass(frozen=True)
class End:
    """How a batch ended."""

    state: State
    outcome: StepOutcome
    at: datetime
    message: str = ""
    unfinished: StepOutcome = StepOutcome.NONE  # of the step that was cut short
    cause: str = ""
    marginal: bool = False
    result: Any = None
    error: str = ""


def finish(batch_id: UUID, end: End) -> Batch | None:
    """Bring a batch to its end; None when it had ended already. Call inside a transaction.

    Effects, in order: the batch, its open steps and prompts, undelivered wishes, its chunks, leases, an alert unless
    all is well, the board.
    """
    sources = [state for state, moves in ALLOWED_MOVES.items() if end.state in moves]
    moved = Batch.objects.filter(pk=batch_id, state__in=sources).update(**_columns(end))
    if not moved:
        return None
    batch = Batch.objects.get(pk=batch_id)
    _close_steps(batch, end)
    close_prompts(batch, at=end.at, why="ended")
    _answer_wishes(batch, end)
    cancel_chunks(batch.pk, at=end.at)
    free_instruments(batch)
    if end.state not in (State.COMPLETED, State.STOPPED):
        alert(
            [Entry(Kind.BATCH_ENDED, end.message, "ERROR", at=end.at, data={"batch": str(batch.pk), **_verdict(end)})]
        )
    tell_board(batch, Kind.BATCH_ENDED)
    return batch


def finish_waiting(batch_id: UUID, end: End, story: Entry) -> Batch | None:
    """End a batch that never ran: its story gets its last lines from here, as no guard will write one.

    None when it does not wait any more.
    """
    with transaction.atomic():
        lock_story(batch_id)
        if not Batch.objects.filter(pk=batch_id, state=State.QUEUED).exists():
            return None
        last = Entry(Kind.BATCH_ENDED, end.message, at=end.at, data={**_verdict(end), "why": "never started"})
        append(stream_of(batch_id), [story, last])
        return finish(batch_id, end)


def _verdict(end: End) -> Mapping[str, str]:
    return {"state": end.state, "outcome": end.outcome}


def _columns(end: End) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "state": end.state,
        "outcome": end.outcome,
        "ended_at": end.at,
        "message": end.message,
        "cause": end.cause,
        "marginal": end.marginal,
        "result": end.result,
        "current_step": "",
        "open_prompt": "",
        "manual_by": "",
        "readings": {},
    }
    if end.error:
        columns["error"] = end.error
    if end.state == State.COMPLETED:
        columns["progress"] = 1.0
    return columns


def _answer_wishes(batch: Batch, end: End) -> None:
    """No wish stays unanswered: what was not obeyed any more says why, and how the batch ended instead."""
    wishes = ControlEvent.objects.filter(batch=batch)
    wishes.filter(delivered_at=None).update(
        delivered_at=end.at, after={"state": end.state, "note": "the batch had ended"}
    )
    wishes.filter(obeyed_at=None, after={}).update(after={"state": end.state, "note": end.message})
    wishes.filter(after={}).update(after={"state": end.state})


def close_prompts(batch: Batch, *, at: datetime, why: str, **which: Any) -> None:
    """Prompts wait no more, of one step or all. An answer that the run has not taken over did not hold.

    Effects, in order: the prompts, the alerts of those that nobody had answered.
    """
    open_prompts = Prompt.objects.filter(batch=batch, taken_at=None, closed_at=None, **which)
    found = list(open_prompts)
    if found:
        open_prompts.update(state=Prompt.State.OVER, closed_at=at, closed_why=why)
        unanswered = [prompt for prompt in found if prompt.state == Prompt.State.WAITING]
        tell_questions_over(batch, unanswered, Kind.PROMPT_CLOSED, at=at)


def _close_steps(batch: Batch, end: End) -> None:
    """No row stays RUNNING or PENDING."""
    steps = Step.objects.filter(batch=batch)
    steps.filter(state=StepState.RUNNING).update(
        state=StepState.ENDED, outcome=end.unfinished, ended_at=end.at, message=end.message
    )
    steps.filter(state=StepState.PENDING).update(
        state=StepState.ENDED, outcome=StepOutcome.SKIPPED, ended_at=F("started_at"), message="not begun"
    )
