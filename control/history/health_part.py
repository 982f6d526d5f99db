"""The shape of one part of the system's health: how well it is, what is wrong with it, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from control.history.facts import Facts

OK, WARNING, ERROR = "ok", "warning", "error"
LEVELS = (OK, WARNING, ERROR)


def part_of(problems: list[Facts], **facts: Any) -> Facts:
    """A part with its facts; it is as well as its worst problem."""
    return {"status": worst(problem["level"] for problem in problems), **facts, "problems": problems}


def problem(level: str, text: str, remedy: str) -> Facts:
    return {"level": level, "text": text, "remedy": remedy}


def worst(levels: Iterable[str]) -> str:
    return max(levels, key=LEVELS.index, default=OK)
