"""What the application gets of a body. (Who may send files, a real web process is asked: tests/web/test_bodies.py)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.conf import settings

from control.body_limits import BodiesWithinLimits

MOST = settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def taken(length: int | None, pieces: list[bytes], path: str = "/control/") -> list[tuple[str | None, bytes | None]]:
    """The announced length and the body that the application is given, each time that it is asked; None: cut off."""
    asked: list[tuple[str | None, bytes | None]] = []
    waiting = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    waiting += [{"type": "http.request"}, {"type": "http.disconnect"}]

    async def application(scope: dict[str, Any], receive: Any, _send: Any) -> None:
        body: bytes | None = b""
        while body is not None and (message := await receive()).get("more_body"):
            body += message["body"]
        announced = dict(scope["headers"]).get(b"content-length", b"").decode()
        asked.append((announced or None, None if message["type"] == "http.disconnect" else body))

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
    asyncio.run(BodiesWithinLimits(application)(scope, receive, None))
    return asked


@pytest.mark.parametrize("length", [2, None])
def test_small_body_is_given_as_it_is(length: int | None) -> None:
    assert taken(length, [b"a", b"b"]) == [(length and str(length), b"ab")]


def test_body_of_the_largest_size_is_given() -> None:
    assert taken(MOST, [bytes(MOST)]) == [(str(MOST), bytes(MOST))]


@pytest.mark.parametrize("path", ["/control/", "/api/schedules/", "/api/emergency-stop/", "/nothing"])
def test_larger_body_is_left_out_and_its_length_told(path: str) -> None:
    assert taken(MOST + 1, [bytes(MOST), b"1"], path) == [(str(MOST + 1), b"")]


def test_body_of_unknown_length_is_given_up_once_it_is_too_large() -> None:
    assert taken(None, [bytes(MOST), b"1", b"2"]) == [(None, None), (str(MOST + 1), b"")]
