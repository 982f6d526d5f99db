"""Cases C1 to C5 at the desk; tests/system/test_cases.py has them through a whole station."""

from __future__ import annotations

import pytest

from sequences import trial
from tests.system.cases import CASES, FOLDER

STATES = {"completed": "COMPLETED", "failed": "FAILED"}


@pytest.mark.parametrize("name", CASES)
def test_case_at_the_desk(name: str):
    expected = CASES[name]
    record = trial.run(FOLDER / name)
    verdict = record.verdict
    assert ", ".join(f"{step['name']} {step['outcome']}" for step in record.attempts) == expected.steps
    assert (STATES[verdict["ending"]], verdict["outcome"], verdict["cause"] or "") == (
        expected.state,
        expected.outcome,
        expected.cause,
    )
    assert verdict["marginal"] is expected.marginal
    messages = {step["name"]: step["message"] for step in record.steps}
    assert {step: messages[step] for step in expected.because} == expected.because
