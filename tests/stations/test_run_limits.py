"""What holds when a sequence and its station say different things."""

from __future__ import annotations

from stations.run_limits import Ladder, effective_ladder, effective_resources


def test_ladder_is_built_in_when_nobody_says_anything() -> None:
    assert effective_ladder({}) == Ladder(5.0, 1.0, 1.0, 1.0)


def test_ladder_of_the_sequence_comes_before_that_of_the_station() -> None:
    station = {"ladder": {"stop_grace_s": 10.0, "term_grace_s": 2.0, "deadline_grace_s": 3.0, "safe_budget_s": 4.0}}
    assert effective_ladder(station, stop_grace_s=0.5) == Ladder(0.5, 2.0, 3.0, 4.0)
    assert effective_ladder(station, None, 0.2, 0.3) == Ladder(10.0, 0.2, 0.3, 4.0)


def test_smaller_limit_holds() -> None:
    station = {"resources": {"memory_mb": 512.0, "files": 64}}
    assert effective_resources(station, {"memory_mb": 1024.0, "cpu_s": 9.0}) == {
        "memory_mb": 512.0,
        "cpu_s": 9.0,
        "files": 64,
    }
    assert effective_resources(station, {"memory_mb": 100.0, "files": 65}) == {"memory_mb": 100.0, "files": 64}


def test_nothing_is_limited_unless_somebody_says_so() -> None:
    assert effective_resources({}, {}) == {}
