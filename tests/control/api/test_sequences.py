"""The catalogue over the API."""

from __future__ import annotations

from pathlib import Path

import pytest

from control.access.rights import Role
from control.api.sequences import SequenceFacts
from sequences.catalogue import find_packages
from tests.control.api.callers import Caller, with_key
from tests.rows import HOUSE

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> Caller:
    return with_key(Role.VIEWER)


def test_sequences_say_what_they_take(caller: Caller):
    page = caller.get("/api/sequences/").json()
    package = find_packages([HOUSE / "sequences" / "packages"])["board_test"]
    found = {sequence["name"]: sequence for sequence in page["results"]}
    assert list(found) == ["board_test", "operator_check", "step_loop"]
    assert found["board_test"]["parameters"] == package.manifest.parameters
    assert (found["board_test"]["sha256"], found["board_test"]["problems"]) == (package.sha256, [])
    assert list(SequenceFacts().fields) == list(found["step_loop"])


def test_a_sequence_that_cannot_run_says_why(caller: Caller, tmp_path: Path, settings: pytest.FixtureRequest):
    manifest = tmp_path / "broken" / "manifest.yaml"
    manifest.parent.mkdir()
    manifest.write_text("name: broken\n")
    settings.SEQUENCE_DIRS = [tmp_path]
    (found,) = caller.get("/api/sequences/").json()["results"]
    assert found["name"] == "broken"
    assert [problem.startswith(f"{manifest}:1: ") for problem in found["problems"]]
