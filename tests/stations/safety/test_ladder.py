from __future__ import annotations

from math import inf

from stations.contracts import Ending, Wish
from stations.safety.ladder import Ladder, Rung


def test_ladder_goes_up_rung_by_rung():
    wish = Wish(word="stop", control="c", reason="")
    ladder = Ladder(wish, Ending.STOP_EXPIRED, grace_s=5.0, term_grace_s=1.0, now=100.0)
    taken = [(ladder.climb(ladder.due), ladder.due) for _ in range(3)]
    assert taken == [(Rung.INTERRUPT, 105.0), (Rung.TERMINATE, 106.0), (Rung.KILL, inf)]
