"""Whose bodies are taken in: small ones of everybody, files of whoever may send them where they are taken.

The application keeps a body, in a file when it is large, before it looks at who sends it. So it gets none of what it
would refuse anyway, and says why by itself: it sees the length that was announced.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import resolve

from control.api.multipart import HEAD_ONLY, TakesFiles

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
GONE = {"type": "http.disconnect"}


class BodiesWithinLimits:
    """Between the server and the application."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Any) -> None:
        length = _announced(scope)
        if length is None:
            await self._count(scope, receive, send)
        elif length <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE or await _takes_files(scope):
            await self.application(scope, receive, send)
        else:
            await self.application({**scope, HEAD_ONLY: True}, _without_body(receive), send)

    async def _count(self, scope: Scope, receive: Receive, send: Any) -> None:
        """A body whose length nobody knows. One that is too large is left out with the length that it has at least."""
        taken = 0

        async def counted() -> dict[str, Any]:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            return message if taken <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE else GONE

        await self.application(scope, counted, send)
        if taken > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            known = {**scope, "headers": [*scope["headers"], (b"content-length", str(taken).encode())]}
            await self.application(known, _without_body(receive), send)


def _announced(scope: Scope) -> int | None:
    found = [value for name, value in scope["headers"] if name == b"content-length" and value.isdigit()]
    return int(found[0]) if found else None


def _without_body(receive: Receive) -> Receive:
    """What is received is thrown away."""
    asked = False

    async def received() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while (message := await receive())["type"] != "http.disconnect":
            pass
        return message

    return received


async def _takes_files(scope: Scope) -> bool:
    async with ThreadSensitiveContext():  # a thread of its own
        return await sync_to_async(_is_taken)({**scope, HEAD_ONLY: True})


def _is_taken(scope: Scope) -> bool:
    """Whether the view takes files, and refuses nothing by the head of the request."""
    try:
        found = resolve(scope["path"])
        view = getattr(found.func, "cls", type)
        return issubclass(view, TakesFiles) and _lets_in(view(), ASGIRequest(scope, BytesIO()), found.kwargs)
    except Exception:  # whatever it is, the view meets it again, and says it
        return False
    finally:
        connection.close()  # the thread's own


def _lets_in(view: TakesFiles, request: HttpRequest, named: dict[str, Any]) -> bool:
    """True, or the view's refusal is raised."""
    for middleware in (SessionMiddleware, AuthenticationMiddleware):
        middleware(_nobody).process_request(request)
    view.setup(request, **named)
    view.request = view.initialize_request(request, **named)
    view.initial(view.request, **named)
    return view.brings_files(view.request)


def _nobody(_request: HttpRequest) -> HttpResponse:
    raise AssertionError("nothing is answered here")
