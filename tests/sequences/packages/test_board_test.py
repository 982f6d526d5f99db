"""The example package on the simulated bench."""

from __future__ import annotations

import pytest

from sequences import trial
from sequences.catalogue import read_package
from tests.sequences.packages.conftest import ROOT

PACKAGE = ROOT / "sequences" / "packages" / "board_test"
FAST = {"boot_time": 0.4, "settle_time": 0.0, "burn_in_time": 0.1, "sweep_points": 5}


def test_package_is_without_problems_or_warnings():
    package = read_package(PACKAGE)
    assert (package.name, package.problems, package.warnings) == ("board_test", [], [])


def test_good_board_passes_and_is_left_without_power(bench):
    record = trial.run(PACKAGE, FAST, slot=bench.instruments)
    assert set(record.outcomes.values()) == {"PASS"}
    assert (record.verdict["ending"], record.verdict["outcome"]) == ("completed", "PASS")
    assert record.verdict["marginal"] is False
    assert len(record.measurements["load_curve"]["value"]["rows"]) == 5
    assert record.measurements["rail_3v3"]["unit"] == "V"
    assert bench.state("supply-1")["output"] is False
    assert bench.state("load-1")["input"] is False


def test_wrong_board_fails_and_is_left_without_power(bench):
    bench.fault("board-1", "wrong_identity")
    record = trial.run(PACKAGE, FAST, slot=bench.instruments)
    assert record.outcomes["read_identity"] == "FAIL"
    assert (record.verdict["outcome"], record.verdict["cause"]) == ("FAIL", "read_identity")
    assert bench.state("supply-1")["output"] is False


def test_board_that_never_answers_ends_the_test_without_power(bench):
    bench.fault("board-1", "mute")
    slot = bench.instruments
    slot["board"]["options"]["timeout_s"] = 0.1
    record = trial.run(PACKAGE, FAST, slot=slot)
    assert record.verdict["outcome"] == "ERROR"
    assert "board-1" in record.verdict["message"]
    assert bench.state("supply-1")["output"] is False


def test_timeout_in_the_middle_leaves_no_power(bench):
    record = trial.run(PACKAGE, {**FAST, "burn_in_time": 60.0}, slot=bench.instruments, desk=StopsInBurnIn())
    assert record.outcomes["burn_in"] == "NONE"
    assert record.verdict["ending"] == "stopped"
    assert bench.state("supply-1")["output"] is False


class StopsInBurnIn(trial.Desk):
    def receive_wish(self, timeout_s):
        if self.record.of_kind("step.started")[-1:] and self.record.of_kind("step.started")[-1]["name"] == "burn_in":
            return {"word": "stop", "control": "c", "reason": "seen enough"} if timeout_s else None
        return super().receive_wish(timeout_s)


@pytest.mark.parametrize("given", [{"input_voltage": 12.0}, {"sweep_points": 1}, {"settle_time": -1}])
def test_parameters_that_would_harm_are_refused(bench, given):
    record = trial.run(PACKAGE, given, slot=bench.instruments)
    assert [line["k"] for line in record.lines] == ["error"]
    assert bench.commands("supply-1") == []
