"""One open socket: reads what its client asks for, and sends no more than the client has given credit for.

A plain ASGI application: Channels' own consumers ask for a database thread with every message.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from control.live import admission, wire
from control.live.admission import Knock, Visitor
from control.live.hub import Hub, hub_of_this_process
from control.live.topics import Frame, Topic
from control.live.wire import Code, Message, Wrong

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def serve_page(scope: Scope, receive: Receive, send: Send) -> None:
    """`/ws/`: for browsers, by session."""
    await Socket(receive, send).serve(
        lambda: admission.knock_of_page(_headers(scope), secure=scope.get("scheme") == "wss")
    )


async def serve_script(scope: Scope, receive: Receive, send: Send) -> None:
    """`/ws/api/`: for programs, by key."""
    await Socket(receive, send).serve(lambda: admission.knock_of_script(_headers(scope)))


async def refuse_address(scope: Scope, receive: Receive, send: Send) -> None:
    """Any other address."""

    def refuse() -> Knock:
        raise Wrong(Code.UNKNOWN, "Sockets are at /ws/ and /ws/api/.")

    await Socket(receive, send).serve(refuse)


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


class Following:
    """A stream or state that this socket follows: where the client stands, and whether it may be sent something."""

    def __init__(self) -> None:
        self.after = 0
        self.credit = asyncio.Event()
        self.credit.set()
        self.task: asyncio.Task[None]


Work = Callable[[Message, Following], Awaitable[None]]


class Socket:
    visitor: Visitor

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._hub: Hub
        self._following: dict[str, Following] = {}
        self._getting: set[asyncio.Task[None]] = set()
        self._counts: Counter[str] = Counter()
        self._counted_since = 0.0
        self._closed = False

    # Its life

    async def serve(self, knock: Callable[[], Knock]) -> None:
        """Accept first, so that a browser sees the code with which it is refused."""
        await self._receive()  # websocket.connect
        await self._send({"type": "websocket.accept"})
        self._hub = hub_of_this_process()
        try:
            self.visitor = await self._hub.admit(knock())
        except Wrong as wrong:
            await self.dismiss(wrong)
            return
        self._hub.join(self)
        try:
            await self._say(wire.HELLO)
            await self._listen()
        finally:
            self._closed = True
            self._hub.leave(self)
            self._let_go()

    async def dismiss(self, wrong: Wrong) -> None:
        """Say why, and close."""
        if self._closed:
            return
        self._closed = True  # nobody else says anything more
        await self._send({"type": "websocket.send", "text": wrong.frame()})
        await self._send({"type": "websocket.close", "code": int(wrong.code), "reason": wrong.text[:120]})
        self._let_go()  # last of all: this may be one of its own tasks

    async def _listen(self) -> None:
        while (message := await self._receive())["type"] == "websocket.receive":
            if self._closed:
                continue  # the client has not noticed yet
            try:
                await self._obey(wire.read_message(message.get("text")))
            except Wrong as wrong:
                if wrong.stream is None:
                    await self.dismiss(wrong)
                else:
                    await self._say(wrong.frame())

    async def _say(self, text: str) -> None:
        if not self._closed:
            await self._send({"type": "websocket.send", "text": text})

    def _let_go(self) -> None:
        for following in self._following.values():
            following.task.cancel()
        for getting in self._getting:
            getting.cancel()
        self._following.clear()

    # What a client may say

    async def _obey(self, message: Message) -> None:
        if message.word == "more":
            self._more(message)
            return
        self._count("messages other than more", wire.REQUESTS)
        if message.word == "ping":
            await self._say(wire.PONG)
        elif message.word == "sub":
            self._subscribe(message)
        elif message.word == "unsub":
            self._unsubscribe(message.name)
        elif message.word == "get":
            self._get(message.name)

    def _count(self, what: str, limit: int) -> None:
        now = time.monotonic()
        if now > self._counted_since + wire.WITHIN_S:
            self._counts.clear()
            self._counted_since = now
        self._counts[what] += 1
        if self._counts[what] > limit:
            raise Wrong(Code.TOO_MANY, f"At most {limit} {what} within {wire.WITHIN_S:g} s.")

    def _count_beginning(self) -> None:
        self._count("sub, get and more that go back", wire.BEGINNINGS)

    def _subscribe(self, message: Message) -> None:
        """Once more on the same stream: begins anew."""
        name = message.name
        if name not in wire.STATES and not wire.is_stream(name):
            raise wire.unknown(name)
        self._count_beginning()
        self._unsubscribe(name)
        if len(self._following) >= wire.STREAMS_PER_SOCKET:
            raise Wrong(Code.TOO_MANY, f"A socket follows at most {wire.STREAMS_PER_SOCKET} streams.", name)
        following = self._following[name] = Following()
        work = self._follow_state if name in wire.STATES else self._follow
        following.task = asyncio.ensure_future(self._guarded(work, message, following))

    def _unsubscribe(self, name: str) -> None:
        following = self._following.pop(name, None)
        if following is not None:
            following.task.cancel()

    def _more(self, message: Message) -> None:
        """Credit for one more frame. For what has ended, or has credit already: nothing."""
        following = self._following.get(message.name)
        if following is None or following.credit.is_set():
            return
        if message.name not in wire.STATES and message.after is not None:
            delivered = following.after
            following.after = wire.check_number(message.name, message.after, delivered)
            if following.after < delivered:
                self._count_beginning()
        following.credit.set()

    def _get(self, name: str) -> None:
        if name not in wire.STATES:
            raise wire.unknown(name)
        self._count_beginning()
        getting = asyncio.ensure_future(self._answer_get(name))
        self._getting.add(getting)
        getting.add_done_callback(self._getting.discard)

    async def _answer_get(self, name: str) -> None:
        try:
            await self._say(await self._hub.look_at_state(name))
        except Exception:
            await self._fail(name)

    # What it sends

    async def _guarded(self, work: Work, message: Message, following: Following) -> None:
        """Follow until the end; whatever goes wrong is told to the client."""
        try:
            await work(message, following)
        except Wrong as wrong:
            await self._say(wrong.frame())
        except Exception:
            await self._fail(message.name)
        if self._following.get(message.name) is following:
            del self._following[message.name]

    async def _fail(self, name: str) -> None:
        log.exception("a socket could not follow %s", name)
        await self.dismiss(Wrong(Code.FAILED, "The server has failed. Connect again."))

    async def _follow(self, message: Message, following: Following) -> None:
        """Frame by frame, each for one credit; the first one at once."""
        async with self._hub.topic(message.name) as topic:
            following.after = await self._beginning(topic, message.after)
            if following.after == topic.head:
                frame = topic.standing_frame(following.after)
            else:
                frame = await topic.frame_after(following.after)
            await self._deliver(following, frame)
            while not frame.over:
                await following.credit.wait()
                frame = await topic.frame_after(following.after)
                await self._deliver(following, frame)
            await self._say(wire.end_frame(topic.name, frame.last))

    async def _beginning(self, topic: Topic, after: Any) -> int:
        if after is None:
            return topic.head
        if isinstance(after, int) and after > topic.head:
            await self._hub.look_again(topic)
        return wire.check_number(topic.name, after, topic.head)

    async def _deliver(self, following: Following, frame: Frame) -> None:
        following.credit.clear()
        following.after = frame.last
        await self._say(frame.text)

    async def _follow_state(self, message: Message, following: Following) -> None:
        """The state at once, then for each credit the next one that differs."""
        async with self._hub.state(message.name) as state:
            text, version = await state.now()
            while True:
                following.credit.clear()
                await self._say(text)
                await following.credit.wait()
                text, version = await state.after(version)
