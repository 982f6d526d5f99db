"""Cases C1 to C5 as somebody meets them who tries a sequence in a terminal."""

from __future__ import annotations

import json

import pytest

from tests.control.management.trying.desk import Desk
from tests.system.cases import CASES, FOLDER

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize("name", CASES)
def test_case_in_a_terminal(desk: Desk, name: str):
    expected = CASES[name]
    done = desk.attempt(str(FOLDER / name), "--json")
    told = json.loads(done.stdout)
    assert (told["state"], told["outcome"], told["cause"] or "") == (expected.state, expected.outcome, expected.cause)
    assert done.returncode == {"PASS": 0, "FAIL": 1, "ERROR": 3}[expected.outcome]
    last = dict(step.split() for step in expected.steps.split(", "))
    assert {step["name"]: step["outcome"] for step in told["steps"]} == last
