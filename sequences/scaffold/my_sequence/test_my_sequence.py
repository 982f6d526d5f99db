"""Tries my_sequence on simulated instruments. Needs no station and no database."""

from __future__ import annotations

from pathlib import Path

from sequences import trial

PACKAGE = Path(__file__).parent


def test_good_board_passes_and_is_left_without_power() -> None:
    with trial.simulated_bench() as bench:
        record = trial.run(PACKAGE, {"input_voltage": 5.5}, slot=bench.slot())
        assert record.passed, record.story
        assert bench.state("supply")["output"] is False


def test_bad_rail_fails_and_is_left_without_power() -> None:
    with trial.simulated_bench() as bench:
        bench.fault("meter", "drift", 0.5)  # it reads half a volt too much
        record = trial.run(PACKAGE, slot=bench.slot())
        assert record.outcomes["measure_rail"] == "FAIL", record.story
        assert bench.state("supply")["output"] is False
