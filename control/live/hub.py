"""The hub: what the sockets of one web process share. Made with the first socket, one for each event loop."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from control.access.keys import KeyHolder
from control.live import admission, wire
from control.live.admission import Credential, Knock, Visitor
from control.live.topics import StateTopic, Topic
from control.live.watcher import Watcher
from control.live.wire import Code, Wrong

log = logging.getLogger(__name__)

RECHECK_EVERY_S = 5.0
NOTE_USE_EVERY_S = 60.0


class Member(Protocol):
    """An open socket."""

    visitor: Visitor

    async def dismiss(self, wrong: Wrong) -> None: ...


class Hub:
    """Lives in the event loop; its watcher is the thread that asks the database."""

    def __init__(self) -> None:
        self._watcher = Watcher(asyncio.get_running_loop())
        self._topics: dict[str, Topic] = {}
        self._states: dict[str, StateTopic] = {}
        self._members: set[Member] = set()
        self._used: set[Credential] = set()  # since that was noted
        self._chores = [
            asyncio.ensure_future(_again_and_again(self.recheck, RECHECK_EVERY_S)),
            asyncio.ensure_future(_again_and_again(self.note_use, NOTE_USE_EVERY_S)),
        ]

    def close(self) -> None:
        for chore in self._chores:
            chore.cancel()
        self._watcher.close()

    # Who is here

    async def admit(self, knock: Knock) -> Visitor:
        """Raises Wrong for somebody who may not come in."""
        visitor: Visitor = await self._watcher.ask(partial(admission.admit, knock))
        here = Counter(member.visitor.user for member in self._members)
        if here[visitor.user] >= wire.SOCKETS_PER_USER:
            raise Wrong(Code.TOO_MANY, f"A user may have {wire.SOCKETS_PER_USER} sockets open.")
        return visitor

    def join(self, member: Member) -> None:
        self._members.add(member)
        self._used.add(member.visitor.credential)

    def leave(self, member: Member) -> None:
        self._members.discard(member)

    async def recheck(self) -> None:
        """Dismiss everybody who may not be here any more. A few queries, however many sockets there are."""
        members = list(self._members)
        if not members:
            return
        credentials = {member.visitor.credential for member in members}
        refused: dict[Credential, Wrong] = await self._watcher.ask(partial(admission.refused, credentials))
        for member in members:
            if (wrong := refused.get(member.visitor.credential)) is not None:
                await member.dismiss(wrong)

    async def note_use(self) -> None:
        """Write down which keys have had a socket open. Not in the watcher's thread: who writes may wait for others."""
        used = self._used | {member.visitor.credential for member in self._members}
        self._used = set()
        if any(isinstance(each, KeyHolder) for each in used):
            await asyncio.to_thread(admission.note_use, used)

    # What they follow

    @asynccontextmanager
    async def topic(self, name: str) -> AsyncIterator[Topic]:
        """A stream for as long as somebody follows it. Raises Wrong for one that does not exist."""
        topic = self._topics.get(name)
        if topic is None or topic.lost:  # those who follow a lost one need not have heard of it yet
            topic = self._topics[name] = Topic(name, self._read_page)
            topic.opened = self._watcher.ask(partial(self._watcher.watch, topic))
            topic.opened.add_done_callback(_retrieve)
        topic.watchers += 1
        try:
            await asyncio.shield(topic.opened)
            yield topic
        finally:
            topic.watchers -= 1
            if topic.watchers == 0:
                if self._topics.get(name) is topic:
                    del self._topics[name]
                self._forget(self._watcher.unwatch, topic)

    async def look_again(self, topic: Topic) -> None:
        await self._watcher.ask(partial(self._watcher.look_again, topic))

    @asynccontextmanager
    async def state(self, name: str) -> AsyncIterator[StateTopic]:
        """A state for as long as somebody watches it."""
        topic = self._states.get(name)
        if topic is None:
            topic = self._states[name] = StateTopic(name, self.look_at_state)
            self._forget(self._watcher.watch_state, topic)
        topic.watchers += 1
        try:
            yield topic
        finally:
            topic.watchers -= 1
            if topic.watchers == 0:
                del self._states[name]
                self._forget(self._watcher.unwatch_state, topic)

    def look_at_state(self, name: str) -> asyncio.Future[str]:
        """The frame of a state as it is now."""
        return self._watcher.ask(partial(self._watcher.look_at_state, name))

    def _read_page(self, topic: Topic, after: int) -> asyncio.Future[Any]:
        return self._watcher.ask(partial(self._watcher.read_page, topic, after))

    def _forget(self, work: Any, topic: Topic | StateTopic) -> None:
        """Ask for something whose answer nobody needs."""
        self._watcher.ask(partial(work, topic)).add_done_callback(_retrieve)


async def _again_and_again(chore: Callable[[], Awaitable[None]], every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        try:
            await chore()
        except Exception:
            log.exception("open sockets could not be looked after, it is tried again")


def _retrieve(done: asyncio.Future[Any]) -> None:
    """Whoever waited may have gone; an error that nobody looks at would be reported as forgotten."""
    if not done.cancelled():
        done.exception()


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub_of_this_process() -> Hub:
    """The hub of the running event loop, of which a web process has one."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]


def close_hub() -> None:
    """End the hub of the running event loop, if there is one. A web process just ends; tests clean up."""
    hub = _hubs.pop(asyncio.get_running_loop(), None)
    if hub is not None:
        hub.close()
