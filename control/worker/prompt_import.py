"""From lines of a spool to the rows of prompts: who is asked, who is answered, and what nobody answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from control.journal.append import Entry
from control.journal.bulk import insert_rows
from control.journal.kinds import Kind
from control.lifecycle.finish import close_prompts
from control.lifecycle.question_alerts import question_alert, tell_questions_over
from control.models import Batch, Prompt

Line = dict[str, Any]
Row = dict[str, Any]
StepKey = tuple[int, int]  # index, attempt

_QUESTION = ("message", "choices", "unit", "minimum", "maximum", "default", "image", "timeout_s")


def waiting_prompts(batch: Batch) -> dict[str, StepKey]:
    """The prompts that the run has not done with, as far as the database knows: key → who asks."""
    rows = Prompt.objects.filter(batch=batch, taken_at=None, closed_at=None)
    return {row["key"]: (row["step"], row["attempt"]) for row in rows.values("key", "step", "attempt")}


@dataclass
class PromptLines:
    """What some lines say of prompts. `waiting`: those that the run has not done with."""

    waiting: dict[str, StepKey] = field(default_factory=dict)
    asked: list[Row] = field(default_factory=list)
    over: list[tuple[Line, datetime]] = field(default_factory=list)

    def take(self, line: Line, at: datetime) -> str:
        """Add a line about a prompt. Returns the key of the one that waits from now on; empty: none."""
        key = line["prompt"]
        if line["k"] == Kind.PROMPT_ASKED:
            self.waiting[key] = (line["step"], line["attempt"])
            self.asked.append({"line": line, "at": at})
            return str(key)
        self.waiting.pop(key, None)
        self.over.append((line, at))
        return ""

    def end_step(self, step: StepKey, at: datetime) -> bool:
        """A step is over, and with it what it asked. Returns whether anything had waited."""
        keys = [key for key, asking in self.waiting.items() if asking == step]
        for key in keys:
            self.take({"k": Kind.PROMPT_CLOSED, "prompt": key, "why": "ended"}, at)
        return bool(keys)

    def alerts(self, batch: Batch) -> list[Entry]:
        """What still waits of these lines: somebody has to know."""
        asked = [row for row in self.asked if row["line"]["prompt"] in self.waiting]
        return [
            question_alert(
                batch,
                Kind.PROMPT_ASKED,
                row["line"]["prompt"],
                f"Waits for an answer: {row['line']['message']}",
                step=row["line"]["step"],
                at=row["at"],
            )
            for row in asked
        ]

    def news(self) -> list[Kind]:
        """What the board has to know. Of an answer it was told by whoever gave it."""
        if self.waiting and self.asked:
            return [Kind.PROMPT_ASKED]
        return [Kind.PROMPT_CLOSED] if any(line["k"] == Kind.PROMPT_CLOSED for line, _ in self.over) else []

    def write(self, batch: Batch) -> None:
        insert_rows(Prompt, [_row(batch, **row) for row in self.asked])
        for line, at in self.over:
            if line["k"] == Kind.PROMPT_CLOSED:
                close_prompts(batch, at=at, why=line["why"], key=line["prompt"])
            else:
                _take_over(batch, line, at)


def _take_over(batch: Batch, line: Line, at: datetime) -> None:
    """The run has its answer. What was written when somebody gave it stays as it is."""
    prompt = Prompt.objects.filter(batch=batch, key=line["prompt"])
    if prompt.filter(answered_at=None).update(answered_at=at, answered_by=line.get("by") or ""):
        tell_questions_over(batch, prompt, Kind.PROMPT_ANSWERED, at=at)
    prompt.update(state=Prompt.State.ANSWERED, answer=line["value"], taken_at=at)


def _row(batch: Batch, line: Line, at: datetime) -> Row:
    return {
        "batch": batch.pk,
        "key": line["prompt"],
        "step": line["step"],
        "attempt": line["attempt"],
        "type": line["type"],
        "question": {name: line.get(name) for name in _QUESTION},
        "state": Prompt.State.WAITING,
        "asked_at": at,
        "answered_by": "",
        "closed_why": "",
    }
