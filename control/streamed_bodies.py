"""Bodies of requests, given to the application while they come in.

Daphne asks its application only once a body is whole: it has written all of it into a file by then, whoever sends it,
and takes it into memory several times (12 bytes for each one of a form, measured with daphne 4.2 and Twisted 26).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from io import BytesIO
from typing import Any

import daphne.server
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.server import Server
from twisted.internet import reactor
from twisted.internet.interfaces import IDelayedCall

AHEAD = 16  # pieces of at most 64 KiB that the application has not taken yet: then the sender has to wait
# Whoever is answered before he has sent everything reads the answer sooner or later; a connection that is closed
# meanwhile would take it away from him.
LINGER_S = 5.0
_REQUEST = "gwanje.request"

Receive = Callable[[], Awaitable[dict[str, Any]]]


class StreamedRequest(WebRequest):
    """One request. Without a body it goes the way that daphne has for it."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._coming = False  # its body, of which something is still to come
        self._waiting = False  # for the application, which has enough to do
        self._lingering: IDelayedCall | None = None

    def gotLength(self, length: int | None) -> None:  # noqa: N802  as Twisted calls it
        """Its head is there. The body of what becomes a socket is for nobody."""
        self.content = BytesIO()
        upgrade = self.requestHeaders.getRawHeaders(b"Upgrade", [b""])[0]
        if length == 0 or upgrade.lower() == b"websocket":
            return
        self._coming = True
        self.content = _ComesByItself()
        self.method, self.uri, self.clientproto = self.channel._command, self.channel._path, self.channel._version
        self.path = self.uri.partition(b"?")[0]
        self.process()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        if not self._coming or self._lingering or not self.application_queue:
            return
        self.application_queue.put_nowait({"type": "http.request", "body": data, "more_body": True})
        if self.application_queue.qsize() > AHEAD:
            self._waiting = True
            self.transport.pauseProducing()

    def read_on(self) -> None:
        """The application has taken a piece."""
        if self._waiting and self.application_queue.qsize() <= AHEAD // 2:
            self._waiting = False
            self.transport.resumeProducing()

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
        """All of it is there."""
        if not self._coming:
            super().requestReceived(command, path, version)
            return
        self._coming = False
        if self._lingering:
            self._lingering.cancel()
            super().finish()
        elif self.application_queue:
            self.application_queue.put_nowait({"type": "http.request", "body": b"", "more_body": False})

    def handle_reply(self, message: dict[str, Any]) -> None:
        if self._lingering:
            return
        if self._coming and self.channel and message["type"] == "http.response.start":
            # What is still to come of the body is no next request.
            self.channel.persistent = False
            self.responseHeaders.setRawHeaders(b"Connection", [b"close"])
        super().handle_reply(message)

    def finish(self) -> None:
        """The answer is written. What comes now is read and thrown away."""
        if self._coming:
            self._lingering = reactor.callLater(LINGER_S, super().finish)
            self.transport.resumeProducing()
        else:
            super().finish()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        if self._lingering and self._lingering.active():
            self._lingering.cancel()
        super().connectionLost(reason)


class _ComesByItself(BytesIO):
    """In place of a body's file. Daphne begins the application of a request and gives it no body that is closed."""

    closed = True


class _Factory(HTTPFactory):
    def buildProtocol(self, address: Any) -> Any:  # noqa: N802
        protocol = super().buildProtocol(address)
        protocol.requestFactory = StreamedRequest
        return protocol


class StreamingServer(Server):
    """Daphne with such requests."""

    def __init__(self, application: Any, **more: Any) -> None:
        super().__init__(partial(_run, application), **more)

    def run(self) -> None:
        daphne.server.HTTPFactory = _Factory  # it has no setting for it
        super().run()

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if isinstance(protocol, StreamedRequest):
            scope = {**scope, _REQUEST: protocol}
        return super().create_application(protocol, scope)


async def _run(application: Any, scope: dict[str, Any], receive: Receive, send: Any) -> None:
    request = scope.pop(_REQUEST, None)

    async def received() -> dict[str, Any]:
        message = await receive()
        request.read_on()
        return message

    await application(scope, received if request else receive, send)
