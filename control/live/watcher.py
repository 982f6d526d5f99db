"""The hub's thread: the only one that asks the database on behalf of sockets. Waits for the bells of what is watched.

It survives every absence of the database: what was missed is found by the numbers, whatever happened meanwhile.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend

from control.journal.bell import Listener
from control.journal.kinds import is_last
from control.journal.read import Standing, first_kept, read_raw, standings
from control.live import wire
from control.live.snapshots import BELLS, Snapshot
from control.live.topics import Page, StateTopic, Topic
from control.live.wire import Code, Wrong

log = logging.getLogger(__name__)

COALESCE_S = 0.02  # events that follow each other closely travel together
LOOK_EVERY_S = 1.0  # the safety net for lost bells
LOCKED_FOR_S = 1.0  # it only reads, which on SQLite hardly ever waits; if so, it is tried again soon enough
RETRY_S = 0.25
NOTHING_WATCHED_S = 3600.0
ROWS_PER_QUERY = 500  # large rows fill a frame soon: little is read in vain

# Whatever else goes wrong is the fault of what was asked: asking again would not help, and hold up everybody.
_driver = connection.Database  # what it raises outside of Django's reach: from its pool
DATABASE_AWAY = (OperationalError, InterfaceError, _driver.OperationalError, _driver.InterfaceError)


@dataclass
class _Tail:
    """A stream that is watched, up to which number it was read."""

    topic: Topic
    stream: int | None  # None: nobody has written to it yet
    last: int = 0


@dataclass
class _Request:
    work: Callable[[], Any]
    answer: asyncio.Future[Any]


class Watcher:
    """Everything here runs in its thread, except `ask` and `close`, which the event loop calls."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._requests: deque[_Request] = deque()
        self._doorbell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._closing = False
        self._tails: dict[str, _Tail] = {}
        self._snapshots = {name: Snapshot(name) for name in wire.STATES}
        self._states: dict[str, StateTopic] = {}  # those that somebody watches
        self._rung: set[str] = set()  # of the streams that are watched
        self._next_read_at = self._look_at = 0.0
        self._away = False
        self._listener = Listener()
        self._thread = threading.Thread(target=self._run, name="hub", daemon=True)
        self._thread.start()

    # Called in the event loop

    def ask(self, work: Callable[[], Any]) -> asyncio.Future[Any]:
        """Have something done in the thread, as soon as the database answers. Cancel the answer to forget it."""
        request = _Request(work, self._loop.create_future())
        self._requests.append(request)
        os.eventfd_write(self._doorbell, 1)
        return request.answer

    def close(self) -> None:
        """End the thread and its connections."""
        self._closing = True
        os.eventfd_write(self._doorbell, 1)
        self._thread.join()
        os.close(self._doorbell)

    # Asked for through `ask`

    def watch(self, topic: Topic) -> Standing | None:
        """Follow a stream from now on. Raises Wrong for one that does not exist."""
        self._listen(topic.name)  # before looking: whatever comes after the look rings
        found = standings([topic.name]).get(topic.name)
        if found is None and topic.name.startswith("batch/"):
            self._listen()
            raise wire.unknown(topic.name)
        self._tails[topic.name] = _Tail(topic, found.stream, found.last) if found else _Tail(topic, None)
        self._tell(topic.begin, found)
        return found

    def unwatch(self, topic: Topic) -> None:
        tail = self._tails.get(topic.name)
        if tail is not None and tail.topic is topic:
            del self._tails[topic.name]
            self._listen()

    def look_again(self, topic: Topic) -> None:
        """Bring a topic's head up to date: a client may have heard of newer events elsewhere."""
        tail = self._tails.get(topic.name)
        while tail is not None and self._read_on(tail):
            pass

    def read_page(self, topic: Topic, after: int) -> Page:
        """What a frame of older events holds. Raises Wrong when they are gone."""
        tail = self._tails.get(topic.name)
        if tail is None or tail.stream is None:
            raise wire.unknown(topic.name)
        page = _read_page(topic.name, tail.stream, after)
        if not page.texts:
            raise wire.pruned(topic.name, first_kept(tail.stream))
        return page

    def watch_state(self, topic: StateTopic) -> None:
        self._states[topic.name] = topic
        self._listen()

    def unwatch_state(self, topic: StateTopic) -> None:
        if self._states.get(topic.name) is topic:
            del self._states[topic.name]
            self._listen()

    def look_at_state(self, name: str) -> str:
        """The frame of a state as it is now, or was less than half a second ago."""
        snapshot = self._snapshots[name]
        if not snapshot.is_fresh():
            self._look_at_state(name)
        return snapshot.text

    # The thread

    def _run(self) -> None:
        connections[DEFAULT_DB_ALIAS] = _own_connection()
        while not self._closing:
            try:
                self._turn()
                self._away = False
            except DATABASE_AWAY as error:
                if not self._away:
                    log.warning("the sockets wait for the database: %s", error)
                self._away = True
                self._recover()
            except Exception:
                log.exception("the hub goes on after an error of its own")
                self._recover()
        self._listener.close()
        connection.close()

    def _recover(self) -> None:
        connection.close()
        self._look_at = 0.0
        time.sleep(RETRY_S)

    def _turn(self) -> None:
        """Wait for a reason to do something, and do it."""
        self._hear(self._listener.wait_for_names(self._idle_s(), self._doorbell))
        self._answer_requests()
        now = time.monotonic()
        if self._tails and now >= self._look_at:
            self._look_at_all()
            self._look_at = now + LOOK_EVERY_S
        if self._rung and now >= self._next_read_at:
            self._read_what_rang()
            self._next_read_at = now + COALESCE_S
        for name in self._states:
            if now >= self._snapshots[name].due_at():
                self._look_at_state(name)

    def _idle_s(self) -> float:
        """How long nothing has to be done unless something rings."""
        if self._requests:
            return 0.0  # they came while others were answered, or the database was away
        due = [self._snapshots[name].due_at() for name in self._states]
        if self._tails:
            due.append(self._next_read_at if self._rung else self._look_at)
        return min(due) - time.monotonic() if due else NOTHING_WATCHED_S

    def _hear(self, rung: set[str]) -> None:
        with suppress(BlockingIOError):
            os.eventfd_read(self._doorbell)
        self._rung |= rung & self._tails.keys()
        if not rung.isdisjoint(BELLS):
            for snapshot in self._snapshots.values():
                snapshot.rung = True

    def _answer_requests(self) -> None:
        """Those that are here now: what they lead to comes after whatever else there is to do."""
        for _ in range(len(self._requests)):
            request = self._requests[0]
            done, problem = None, None
            try:
                done = None if request.answer.done() else request.work()
            except DATABASE_AWAY:
                raise  # it stays the first one, and is tried again
            except Exception as error:
                problem = error
            self._requests.popleft()
            self._tell(_resolve, request.answer, done, problem)

    def _look_at_all(self) -> None:
        """Compare numbers: finds what a lost bell or an absent database has hidden, and streams that are gone."""
        found = standings(self._tails)
        for name, tail in self._tails.items():
            now = found.get(name)
            if tail.stream is None and now is not None:
                tail.stream = now.stream
            if now is not None and now.stream == tail.stream and now.last >= tail.last:
                if now.last > tail.last:
                    self._rung.add(name)
            elif tail.stream is not None:
                self._tell(tail.topic.lose, Wrong(Code.PRUNED, "This stream is not what it was: begin anew.", name))

    def _read_what_rang(self) -> None:
        rung, self._rung = self._rung & self._tails.keys(), set()
        for name in rung:
            if self._read_on(self._tails[name]):
                self._rung.add(name)  # there may be more; the others come first

    def _read_on(self, tail: _Tail) -> bool:
        """Tell a topic what is new; whether there may be more."""
        if tail.stream is None:
            found = standings([tail.topic.name]).get(tail.topic.name)
            tail.stream = found.stream if found else None
        try:
            page = None if tail.stream is None else _read_page(tail.topic.name, tail.stream, tail.last)
        except Wrong as wrong:
            self._tell(tail.topic.lose, wrong)
            return False
        if page is None or not page.texts:
            return False
        tail.last = page.last
        self._tell(tail.topic.extend, page)
        return page.more

    def _look_at_state(self, name: str) -> None:
        snapshot, topic = self._snapshots[name], self._states.get(name)
        if snapshot.look() and topic is not None:
            self._tell(topic.renew, snapshot.text)

    def _listen(self, *more: str) -> None:
        self._listener.listen_to(*self._tails, *more, *(BELLS if self._states else ()))

    def _tell(self, call: Callable[..., object], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError:
            self._closing = True  # the loop is closed: nobody is left to tell


def _own_connection() -> BaseDatabaseWrapper:
    """Not from the pool of the process, which takes its time to come back after an absence of the database."""
    settings = copy.deepcopy(connections.settings[DEFAULT_DB_ALIAS])
    settings["OPTIONS"].pop("pool", None)
    if connection.vendor == "sqlite":
        settings["OPTIONS"]["timeout"] = LOCKED_FOR_S
    settings["CONN_MAX_AGE"] = None
    own: BaseDatabaseWrapper = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, DEFAULT_DB_ALIAS)
    return own


def _read_page(name: str, stream: int, after: int) -> Page:
    """The events after a number, as many as a frame takes. Raises Wrong when they do not follow it any more."""
    texts: list[str] = []
    size, last, kind = 0, after, ""
    while len(texts) < wire.FRAME_ROWS:
        found = 0
        for event in read_raw(stream, last, ROWS_PER_QUERY):
            if event.seq != last + 1:
                raise wire.pruned(name, first_kept(stream))
            text = wire.event_text(event)
            size += len(text)
            if texts and size > wire.FRAME_LENGTH:
                return Page(last, texts, over=False, more=True)
            texts.append(text)
            found, last, kind = found + 1, event.seq, event.kind
        if found < ROWS_PER_QUERY:
            return Page(last, texts, over=is_last(name, kind), more=False)
    return Page(last, texts, over=is_last(name, kind), more=True)


def _resolve(answer: asyncio.Future[Any], done: Any, problem: Exception | None) -> None:
    if answer.done():
        return  # cancelled: nobody waits for it any more
    if problem is not None:
        answer.set_exception(problem)
    else:
        answer.set_result(done)
