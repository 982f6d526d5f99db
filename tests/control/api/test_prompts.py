"""Prompts over the API: the list, the picture, the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from control.access.rights import Role
from control.lifecycle.packages import keep_content, store
from control.models import Batch, ControlEvent, Prompt
from control.states import State
from sequences.catalogue import read_package
from sequences.package_pictures import read_picture
from tests.control.api.callers import Caller, with_key
from tests.control.lifecycle.work import batch_in, work_station
from tests.rows import ask

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20

SEQUENCE = """\
from sequences.authoring import Run, sequence, step

@sequence
class Pictured:
    @step
    def look(self, run: Run) -> None:
        run.confirm("Like this?", image="front.png")
"""


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    work_station(monkeypatch)


@pytest.fixture
def batch() -> Batch:
    return batch_in(State.RUNNING)


@pytest.fixture
def caller() -> Caller:
    return with_key(Role.OPERATOR)


def address(batch: Batch, rest: str = "answer/") -> str:
    return f"/api/control/batches/{batch.pk}/{rest}"


def pictured(batch: Batch, folder: Path, name: str = "front.png") -> Path:
    """A prompt with a picture of the package that the batch runs. Returns where that is kept."""
    source = folder / "pictured"
    source.mkdir()
    (source / "manifest.yaml").write_text('name: pictured\nversion: "1.0"\n')
    (source / "sequence.py").write_text(SEQUENCE)
    (source / name).write_bytes(PNG)
    package = read_package(source)
    keep_content(package)
    Batch.objects.filter(pk=batch.pk).update(sequence=package.name, sha256=package.sha256)
    ask(batch, image={"file": name, "type": "image/png", "sha256": read_picture(source, name).sha256})
    return store().path(package.sha256, package.name) / name


def test_what_a_batch_asks_is_listed_with_all_that_an_answer_needs(caller: Caller, batch: Batch):
    ask(batch, minimum=1, maximum=9, unit="mm", timeout_s=60)
    (found,) = caller.get(address(batch, "prompts/")).json()["results"]
    assert {name: found[name] for name in ("prompt", "type", "message", "unit", "minimum", "maximum", "state")} == {
        "prompt": "p1", "type": "number", "message": "How long?", "unit": "mm", "minimum": 1, "maximum": 9,
        "state": "WAITING",
    }  # fmt: skip
    assert caller.get(address(batch, "")).json()["prompt"] == "p1"


def test_an_answer_is_accepted_and_told(caller: Caller, batch: Batch):
    ask(batch)
    answer = caller.send(address(batch), {"prompt": "p1", "value": 4.5, "reason": "caliper"})
    assert (answer.status_code, answer.json()["prompt"]) == (202, "")
    event = ControlEvent.objects.get(kind="PROMPT_ANSWER")
    assert (event.face, event.reason, event.details["value"]) == ("API", "caliper", 4.5)
    (found,) = caller.get(address(batch, "prompts/")).json()["results"]
    assert (found["state"], found["answer"], found["control"]) == ("ANSWERED", 4.5, str(event.pk))


@pytest.mark.parametrize(
    ("type", "value"), [("text", "ok"), ("number", 0), ("confirm", False), ("choice", "red"), ("number", -1e300)]
)
def test_every_kind_of_answer_is_kept_as_it_is(caller: Caller, batch: Batch, type: str, value: Any):
    ask(batch, type=type, choices=["red", "green"])
    assert caller.send(address(batch), {"prompt": "p1", "value": value}).status_code == 202
    assert Prompt.objects.get().answer == value


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"prompt": "p1"}, "value"),
        ({"prompt": "p1", "value": None}, "value"),
        ({"prompt": "p1", "value": "4"}, "value"),
        ({"prompt": "p1", "value": {"x": 1}}, "value"),
        ({"value": 4}, "prompt"),
        ({"prompt": 1, "value": 4}, "prompt"),
        ({"prompt": "p1", "value": 4, "valeu": 4}, "valeu"),
    ],
)
def test_a_wrong_body_is_refused_and_named(caller: Caller, batch: Batch, body: Any, field: str):
    ask(batch)
    answer = caller.send(address(batch), body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert Prompt.objects.get().state == "WAITING"


def test_the_second_answer_is_told_who_was_first(caller: Caller, batch: Batch):
    ask(batch)
    caller.send(address(batch), {"prompt": "p1", "value": 4})
    answer = caller.send(address(batch), {"prompt": "p1", "value": 5})
    assert answer.status_code == 409
    assert " has already answered at " in answer.json()["detail"]


def test_an_unknown_prompt_is_not_found(caller: Caller, batch: Batch):
    assert caller.send(address(batch), {"prompt": "p7", "value": 4}).status_code == 404


def test_a_picture_is_served_as_what_it_is_and_nothing_else(caller: Caller, batch: Batch, tmp_path: Path):
    pictured(batch, tmp_path)
    answer = caller.get(address(batch, "prompts/p1/image/"), headers={"accept": "image/avif,image/webp"})
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, PNG, "image/png")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize("content", [PNG + b"another", b"<html>", None])
def test_another_picture_than_the_one_that_was_shown_is_not_served(
    caller: Caller, batch: Batch, tmp_path: Path, content: bytes | None
):
    kept = pictured(batch, tmp_path)
    kept.chmod(0o600)
    kept.unlink()
    if content is not None:
        kept.write_bytes(content)
    answer = caller.get(address(batch, "prompts/p1/image/"))
    assert (answer.status_code, answer.json()["detail"].startswith("This host does not have")) == (404, True)


def test_a_prompt_without_a_picture_has_none(caller: Caller, batch: Batch):
    ask(batch)
    answer = caller.get(address(batch, "prompts/p1/image/"))
    assert (answer.status_code, answer.json()["detail"]) == (404, "The prompt shows no picture.")


def test_slots_tell_that_their_batch_waits(caller: Caller):
    ask(batch_in(State.RUNNING, "bench_work"))
    assert caller.get("/api/slots/demo/slot-1/").json()["prompt"] == "p1"
