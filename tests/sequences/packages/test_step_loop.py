"""The package that needs no bench."""

from __future__ import annotations

import pytest

from sequences import trial
from sequences.catalogue import read_package
from tests.sequences.packages.conftest import ROOT

PACKAGE = ROOT / "sequences" / "packages" / "step_loop"


def test_package_is_without_problems_or_warnings():
    package = read_package(PACKAGE)
    assert (package.name, package.problems, package.warnings) == ("step_loop", [], [])


@pytest.mark.parametrize("cycles", [0, 1, 100])
def test_each_cycle_has_its_row_and_measurement(cycles):
    record = trial.run(PACKAGE, {"cycles": cycles})
    assert [step["step"] for step in record.steps] == list(range(cycles))
    assert [line["value"] for line in record.of_kind("measurement")] == list(range(cycles))
    assert record.verdict["outcome"] == "PASS"


def test_delay_is_waited_in_each_cycle():
    record = trial.run(PACKAGE, {"cycles": 3, "delay": 0.02})
    assert all(step["duration_ms"] >= 20 for step in record.steps)
