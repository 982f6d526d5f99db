"""Attachments over the API: what they are called, what of them a browser shows, and where they are not."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from control.access.rights import Role
from control.models import Attachment, Step
from stations.models import Station
from tests.control.api.callers import Caller, with_key
from tests.rows import attached, demo_station, running

pytestmark = pytest.mark.django_db
PICTURE = {"media_type": "image/png", "width": 3, "height": 2}


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch) -> Step:
    demo_station(monkeypatch)
    return running().batch.steps.create(index=4, attempt=2, name="scan", group="main")


@pytest.fixture
def caller() -> Caller:
    return with_key(Role.VIEWER)


def address(attachment: Attachment, batch: Any = None) -> str:
    return f"/api/control/batches/{batch or attachment.batch_id}/attachments/{attachment.pk}/"


def content_of(answer: Any) -> bytes:
    async def read() -> bytes:
        return b"".join([block async for block in answer.streaming_content])

    return asyncio.run(read())


def test_a_list_tells_what_was_kept_and_where_it_is(caller: Caller, step: Step):
    attached(step, "board.png", b"12345", **PICTURE)
    file = attached(step, "a.csv", b"1,2")
    picture, told = caller.get(f"/api/control/batches/{step.batch_id}/attachments/").json()["results"]
    assert (picture["name"], picture["width"], picture["height"]) == ("board.png", 3, 2)
    assert told == {
        "id": str(file.pk),
        "step": 4,
        "attempt": 2,
        "name": "a.csv",
        "media_type": "text/plain",
        "size": 3,
        "sha256": file.sha256,
        "width": None,
        "height": None,
        "at": file.at.isoformat().replace("+00:00", "Z"),
        "url": f"http://testserver{address(file)}",
    }


@pytest.mark.parametrize("accept", ["*/*", "text/csv", "application/json"])
def test_content_comes_whole_whatever_was_asked_for(caller: Caller, step: Step, accept: str):
    content = bytes(range(256)) * 3000  # more than a block
    answer = caller.get(address(attached(step, "a.bin", content)), headers={"accept": accept})
    assert (answer.status_code, answer["Content-Length"], content_of(answer)) == (200, str(len(content)), content)


@pytest.mark.parametrize(
    ("name", "facts", "kind", "disposition"),
    [
        ("a.csv", {"media_type": "text/csv"}, "text/csv", 'attachment; filename="a.csv"'),
        ("x.html", {"media_type": "text/html"}, "text/html", 'attachment; filename="x.html"'),
        ("said.png", {"media_type": "image/png"}, "image/png", 'attachment; filename="said.png"'),
        ("전압 1.csv", {}, "text/plain", "attachment; filename*=utf-8''%EC%A0%84%EC%95%95%201.csv"),
        ('a"b', {}, "text/plain", 'attachment; filename="a\\"b"'),
        ("board.png", PICTURE, "image/png", 'inline; filename="board.png"'),
        ("board.png", {**PICTURE, "media_type": "text/html"}, "image/png", 'inline; filename="board.png"'),
    ],
)
def test_only_a_picture_of_the_runner_is_shown(
    caller: Caller, step: Step, name: str, facts: Any, kind: str, disposition: str
):
    answer = caller.get(address(attached(step, name, **facts)))
    assert (answer["Content-Type"], answer["Content-Disposition"]) == (kind, disposition)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def test_a_file_is_not_found_in_another_batch_or_under_another_id(caller: Caller, step: Step):
    file, other = attached(step), running("demo/slot-2").batch
    for path in (address(file, other.pk), address(file, uuid4()), address(Attachment(pk=uuid4(), batch=other))):
        answer = caller.get(path)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:gwanje:not-found")


def test_a_file_on_another_host_is_said_to_be_there(caller: Caller, step: Step):
    file = attached(step, sha256="0" * 64)
    assert caller.get(address(file)).json()["detail"] == (
        "The file of 'notes.txt' is on the host of station demo, bench-pc. Ask the web process there."
    )


def test_a_file_that_is_lost_is_said_to_be_gone(caller: Caller, step: Step, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("socket.gethostname", lambda: "bench-pc")
    assert Station.objects.get().host == "bench-pc"
    answer = caller.get(address(attached(step, sha256="0" * 64)))
    assert (answer.status_code, answer.json()["detail"].startswith("The file of 'notes.txt' is gone: it was ")) == (
        404,
        True,
    )
