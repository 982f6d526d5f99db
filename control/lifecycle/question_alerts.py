"""What every open page is told of a question: that a batch waits for its answer, and that it does so no more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from control.journal.append import Entry, alert
from control.journal.kinds import Kind
from control.models import Batch, Prompt


def question_alert(batch: Batch, kind: Kind, key: str, message: str, *, step: int, at: datetime) -> Entry:
    """The alert of a question, and the one by which that is over: they have batch and prompt in common."""
    data = {"batch": str(batch.pk), "name": batch.name, "prompt": key}
    return Entry(kind, message, step=step, at=at, data=data)


def tell_questions_over(batch: Batch, prompts: Iterable[Prompt], kind: Kind, *, at: datetime) -> None:
    """Take the alerts of these questions from the bell of every page: they are answered or closed."""
    alert([question_alert(batch, kind, prompt.key, str(prompt), step=prompt.step, at=at) for prompt in prompts])
