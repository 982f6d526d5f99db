"""The socket application in this process, with its hub, its thread and the test database; clients for tests."""

from __future__ import annotations

import asyncio
import json
import queue
import threading
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client as Browser

from control.journal.append import Entry, append
from control.live import hub
from control.live.routes import websocket

ORIGIN = "http://localhost:8000"
PATIENCE_S = 10.0


class Socket:
    """One client. What it hears is checked one by one, as it comes."""

    def __init__(self, web: Web, path: str, headers: dict[str, str]) -> None:
        self._web = web
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._heard: queue.Queue[dict[str, Any]] = queue.Queue()
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        scope = {"type": "websocket", "path": path, "scheme": "ws", "headers": raw, "root_path": ""}
        self._put({"type": "websocket.connect"})
        self.served = asyncio.run_coroutine_threadsafe(websocket(scope, self._said.get, self._send), web.loop)
        assert self._heard.get(timeout=PATIENCE_S)["type"] == "websocket.accept"

    async def _send(self, message: dict[str, Any]) -> None:
        await asyncio.sleep(0)  # a server may let others go on first
        self._heard.put(message)

    def _put(self, message: dict[str, Any]) -> None:
        self._web.loop.call_soon_threadsafe(self._said.put_nowait, message)

    def say(self, word: str, stream: str | None = None, **more: object) -> None:
        self.say_raw(json.dumps({"t": word, **({} if stream is None else {"s": stream}), **more}))

    def say_raw(self, text: str | bytes) -> None:
        self._put({"type": "websocket.receive", "bytes" if isinstance(text, bytes) else "text": text})

    def hear(self, timeout_s: float = PATIENCE_S) -> dict[str, Any] | int:
        """The next frame, or the code of the close."""
        message = self._heard.get(timeout=timeout_s)
        return message["code"] if message["type"] == "websocket.close" else json.loads(message["text"])

    def hears_nothing(self, for_s: float = 0.3) -> bool:
        try:
            self._heard.get(timeout=for_s)
        except queue.Empty:
            return True
        return False

    def goes(self) -> None:
        """The connection is closed by the client; wait until the server is done with it."""
        self._put({"type": "websocket.disconnect", "code": 1001})
        self.served.result(timeout=PATIENCE_S)


class Web:
    """The event loop of a web process."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    def open(self, path: str = "/ws/api/", **headers: str) -> Socket:
        return Socket(self, path, headers)

    def enter(self, key: str) -> Socket:
        """A script with a valid key that has been greeted."""
        socket = self.open(authorization=f"Bearer {key}")
        assert socket.hear() == {"t": "hello", "v": 1}
        return socket

    @property
    def hub(self) -> hub.Hub:
        return self.run(self._hub())

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=PATIENCE_S)

    def ask(self, work: Any) -> Any:
        """Have something done in the hub's thread, after everything that it was asked before."""
        return self.run(self._ask(work))

    async def _ask(self, work: Any) -> Any:
        return await (await self._hub())._watcher.ask(work)

    def recheck(self) -> None:
        """At once what happens every five seconds."""
        self.run(self.hub.recheck())

    def note_use(self) -> None:
        """At once what happens every minute."""
        self.run(self.hub.note_use())

    def close(self) -> None:
        self.run(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _hub(self) -> hub.Hub:
        return hub.hub_of_this_process()

    async def _end(self) -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        hub.close_hub()


def user_in(*roles: str, name: str = "mina") -> User:
    user = User.objects.create_user(name)
    user.groups.set([Group.objects.get_or_create(name=role)[0] for role in roles])
    return user


def session_of(user: User) -> str:
    """The Cookie header of a browser in which somebody is logged in."""
    browser = Browser()
    browser.force_login(user)
    return f"gwanje_session={browser.cookies['gwanje_session'].value}"


def tell(stream: str, *messages: str, **more: Any) -> None:
    with transaction.atomic():
        append(stream, [Entry("log", message, **more) for message in messages])
