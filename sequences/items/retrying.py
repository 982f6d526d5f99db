"""What becomes of a chunk after a try: the rule for everybody who hands out chunks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

TRIES = 4  # the first one, and up to three more
SPLIT_AFTER = 2  # failed tries
LOSSES = 10  # lanes that may die with a chunk; one more, and its items count as failed
AFTER_LOSSES = "its lane was lost {losses} times while this was in work"


class Next(Enum):
    """What follows a try."""

    SETTLED = "settled"  # nothing is left to do
    AGAIN = "again"  # as one chunk
    SPLIT = "split"  # each item that is left in a chunk of its own
    GIVEN_UP = "given up"  # what is left has failed


@dataclass(frozen=True)
class Judgement:
    next: Next
    tries: int  # failed ones so far
    losses: int


def after_try(left: Collection[int], *, tries: int, losses: int, lost: bool) -> Judgement:
    """Judge a chunk by the items that are `left` after a try. `tries` and `losses` are those before it.

    A lane that was lost costs no try. From the second failed try on each item is alone, so that a bad one is found
    without the others; it has the tries that are left.
    """
    if not left:
        return Judgement(Next.SETTLED, tries, losses)
    if lost:
        losses += 1
        return Judgement(Next.AGAIN if losses <= LOSSES else Next.GIVEN_UP, tries, losses)
    tries += 1
    if tries >= TRIES:
        return Judgement(Next.GIVEN_UP, tries, losses)
    return Judgement(Next.SPLIT if tries >= SPLIT_AFTER and len(left) > 1 else Next.AGAIN, tries, losses)
