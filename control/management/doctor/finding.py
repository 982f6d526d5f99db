"""What a look has found: how good it is, what it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    ATTENTION = "attention"  # it works, but somebody should look
    WRONG = "wrong"  # something does not work, or soon will not


@dataclass(frozen=True)
class Finding:
    """One sentence, and for what is not well the remedy."""

    level: Level
    text: str
    remedy: str = ""


def good(text: str) -> Finding:
    return Finding(Level.OK, text)


def attention(text: str, remedy: str) -> Finding:
    return Finding(Level.ATTENTION, text, remedy)


def wrong(text: str, remedy: str) -> Finding:
    return Finding(Level.WRONG, text, remedy)
