"""The rule for what becomes of a chunk after a try."""

from __future__ import annotations

import pytest

from sequences.items.retrying import LOSSES, Judgement, Next, after_try


@pytest.mark.parametrize(
    ("left", "tries", "losses", "lost", "expected"),
    [
        ([], 3, LOSSES, True, Judgement(Next.SETTLED, 3, LOSSES)),
        ([1, 2], 0, 0, False, Judgement(Next.AGAIN, 1, 0)),
        ([1, 2], 1, 0, False, Judgement(Next.SPLIT, 2, 0)),
        ([1], 1, 0, False, Judgement(Next.AGAIN, 2, 0)),
        ([1], 2, 0, False, Judgement(Next.AGAIN, 3, 0)),
        ([1, 2], 2, 0, False, Judgement(Next.SPLIT, 3, 0)),
        ([1], 3, 0, False, Judgement(Next.GIVEN_UP, 4, 0)),
        ([1, 2], 3, 5, False, Judgement(Next.GIVEN_UP, 4, 5)),
        ([1, 2], 0, 0, True, Judgement(Next.AGAIN, 0, 1)),
        ([1, 2], 3, 0, True, Judgement(Next.AGAIN, 3, 1)),
        ([1, 2], 3, LOSSES - 1, True, Judgement(Next.AGAIN, 3, LOSSES)),
        ([1, 2], 0, LOSSES, True, Judgement(Next.GIVEN_UP, 0, LOSSES + 1)),
    ],
)
def test_chunk_is_judged_by_what_is_left(left: list[int], tries: int, losses: int, lost: bool, expected: Judgement):
    assert after_try(left, tries=tries, losses=losses, lost=lost) == expected


def test_item_that_always_fails_is_tried_four_times():
    tries, judged = 0, Next.AGAIN
    while judged is not Next.GIVEN_UP:
        found = after_try([7], tries=tries, losses=0, lost=False)
        tries, judged = found.tries, found.next
    assert tries == 4
