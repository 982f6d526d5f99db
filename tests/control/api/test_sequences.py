"""The catalogue over the API."""

from __future__ import annotations

from pathlib import Path

import pytest

from control.access.rights import Role
from control.api.sequences import SequenceFacts, WholeSequence
from control.history.facts import iso
from control.models import Batch, Sequence
from sequences.catalogue import find_packages
from tests.control.api.callers import Caller, with_key
from tests.rows import HOUSE, demo_station, queued

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> Caller:
    return with_key(Role.VIEWER)


def test_sequences_say_what_they_take(caller: Caller):
    page = caller.get("/api/sequences/").json()
    packages = find_packages([HOUSE / "sequences" / "packages"])
    package = packages["board_test"]
    found = {sequence["name"]: sequence for sequence in page["results"]}
    assert list(found) == sorted(packages)
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


def test_one_sequence_tells_its_steps_and_its_parameters_as_json_schema(caller: Caller):
    found = caller.get("/api/sequences/board_test/").json()
    assert list(WholeSequence().fields) == list(found)
    assert [step["group"] for step in found["steps"]][0 :: len(found["steps"]) - 1] == ["setup", "teardown"]
    schema = found["schema"]["properties"]["input_voltage"]
    assert (schema["type"], schema["x-unit"]) == ("number", "V")
    assert (found["source"], found["place"]) == ("bundled", str(HOUSE / "sequences" / "packages" / "board_test"))
    assert (found["enabled"], found["disabled"], found["versions"]) == (True, None, [])


def test_versions_that_ran_are_counted(caller: Caller, monkeypatch: pytest.MonkeyPatch):
    demo_station(monkeypatch)
    batches = [queued("step_loop", None) for _ in range(3)]
    Batch.objects.filter(pk=batches[0].pk).update(version="0.9", sha256="0" * 64)
    new, old = caller.get("/api/sequences/step_loop/").json()["versions"]
    assert (old["version"], old["sha256"], old["batches"], old["live"]) == ("0.9", "0" * 64, 1, 1)
    assert (new["version"], new["batches"], new["last"]) == (batches[2].version, 2, iso(batches[2].created_at))


@pytest.mark.parametrize("path", ["", "enable/", "disable/"])
def test_unknown_sequence_is_404(path: str):
    caller = with_key(Role.ADMIN)
    answer = caller.send(f"/api/sequences/lost/{path}", {"reason": "x"}) if path else caller.get("/api/sequences/lost/")
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no sequence 'lost'.")


def test_disabled_sequence_is_told_and_refused(monkeypatch: pytest.MonkeyPatch):
    demo_station(monkeypatch)
    caller = with_key(Role.ENGINEER)
    answer = caller.send("/api/sequences/step_loop/disable/", {"reason": "limits are wrong"})
    assert (answer.status_code, answer.json()["enabled"]) == (200, False)
    disabled = caller.get("/api/sequences/step_loop/").json()["disabled"]
    assert (disabled["by"].startswith("user-"), disabled["reason"]) == (True, "limits are wrong")
    refused = caller.send("/api/control/batches/", {"sequence": "step_loop"})
    assert (refused.status_code, "limits are wrong" in refused.json()["detail"]) == (409, True)
    assert caller.send("/api/sequences/step_loop/enable/").json()["disabled"] is None
    assert caller.send("/api/control/batches/", {"sequence": "step_loop"}).status_code == 201


def test_sequence_whose_package_is_gone_can_still_be_switched():
    Sequence.objects.create(name="lost", enabled=True)
    caller = with_key(Role.ENGINEER)
    for word, enabled in (("disable", False), ("enable", True)):
        answer = caller.send(f"/api/sequences/lost/{word}/", {"reason": "x"})
        assert (answer.status_code, answer.content) == (204, b"")
        assert Sequence.objects.get(pk="lost").enabled is enabled


@pytest.mark.parametrize("body", [{}, {"reason": " "}, {"reason": None}])
def test_disabling_without_a_reason_names_it(body: dict):
    answer = with_key(Role.ENGINEER).send("/api/sequences/step_loop/disable/", body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["reason"])


def test_answer_tells_when_the_catalogue_has_something_else(caller: Caller, monkeypatch: pytest.MonkeyPatch):
    demo_station(monkeypatch)
    batch = queued("step_loop", None)
    assert caller.get(f"/api/control/batches/{batch.pk}/").json()["notice"] == ""
    Batch.objects.filter(pk=batch.pk).update(version="0.9", sha256="0" * 64)
    told = f"Runs version 0.9 as submitted; the catalogue has {batch.version}."
    assert caller.get(f"/api/control/batches/{batch.pk}/").json()["notice"] == told
