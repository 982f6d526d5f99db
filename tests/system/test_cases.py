"""Cases C1 to C5 through a whole station: submitted, claimed, run by a guard's runner, imported."""

from __future__ import annotations

import pytest

from tests.system.cases import CASES
from tests.system.running_station import RunningStation

# What the engine makes of each case; how it gets into the rows of either database, test_run_batch.py tells.
pytestmark = pytest.mark.any_database

STEPS = (
    "SELECT name, outcome, message, retrying FROM control_step WHERE batch_id = '{batch}' ORDER BY \"index\", attempt"
)
BATCH = "SELECT state, outcome, cause, marginal FROM control_batch WHERE id = '{batch}'"


@pytest.mark.parametrize("name", CASES)
def test_case_through_a_station(station: RunningStation, name: str):
    expected = CASES[name]
    batch = station.run(sequence=name)
    batch.exit_code()
    key = station.key(batch.id)
    ((state, outcome, cause, marginal),) = station.installation.query(BATCH.format(batch=key))
    assert (state, outcome, cause, bool(marginal)) == (
        expected.state,
        expected.outcome,
        expected.cause,
        expected.marginal,
    )
    steps = station.installation.query(STEPS.format(batch=key))
    assert ", ".join(f"{step} {ended}" for step, ended, *_ in steps) == expected.steps
    messages = {step: message for step, _, message, retrying in steps if not retrying}
    assert {step: messages[step] for step in expected.because} == expected.because
