"""A desk at which people wish for something while a certain step runs."""

from __future__ import annotations

from collections import deque
from typing import Any

from sequences import trial
from stations.contracts import Wish


def wish(word: str, control: str = "", reason: str = "", **more: Any) -> Wish:
    return {"word": word, "control": control or word, "reason": reason, **more}  # type: ignore[typeddict-item]


class Wishing(trial.Desk):
    """Hands out wishes at the boundaries inside a step, by its name; those of None before any step."""

    def __init__(self, wishes: dict[str | None, list[Wish]]) -> None:
        super().__init__()
        self._waiting = {name: deque(wanted) for name, wanted in wishes.items()}

    def receive_wish(self, timeout_s: float | None) -> Wish | None:
        waiting = self._waiting.get(self._running())
        return waiting.popleft() if waiting else super().receive_wish(timeout_s)

    def _running(self) -> str | None:
        steps = [line for line in self.record.lines if line["k"] in ("step.started", "step.ended")]
        return steps[-1]["name"] if steps and steps[-1]["k"] == "step.started" else None


def answers(record: trial.Record) -> list[tuple[str, str, bool]]:
    """What was told of each wish: its control event, the message, and whether it was obeyed."""
    return [(line["control"], line["message"], line.get("obeyed", True)) for line in record.of_kind("control")]
