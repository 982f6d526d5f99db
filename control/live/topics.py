"""The streams and states that somebody watches, as the event loop knows them: shared by all who follow them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import NamedTuple

from control.journal.read import Standing
from control.live import wire
from control.live.wire import Wrong

# What is remembered of a stream, so that a slow client's next frame costs no query.
RECENT_EVENTS = 2000
RECENT_LENGTH = 512 * 1024
# Clients that keep up stand at the same number and share one frame; a few others are a little behind.
KEPT_FRAMES = 4


class Frame(NamedTuple):
    text: str
    last: int
    over: bool  # the end of the batch is in it: nothing follows


class Page(NamedTuple):
    """Consecutive events as JSON texts."""

    last: int
    texts: Sequence[str]
    over: bool  # the last one is the end of its batch
    more: bool = False  # there may be more than fitted


class Change:
    """Wakes everybody who waits for the next change."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def tell(self) -> None:
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self) -> None:
        await self._next.wait()


class Topic:
    """One stream. Its newest events are told to it; older ones it asks for."""

    def __init__(self, name: str, read_page: Callable[[Topic, int], asyncio.Future[Page]]) -> None:
        self.name = name
        self.head = 0
        self.over = False
        self.watchers = 0
        self.opened: asyncio.Future[Standing]
        self._read_page = read_page
        self._reading: dict[int, asyncio.Future[Frame]] = {}
        self._wrong: Wrong | None = None
        self._changed = Change()
        self._recent: deque[str] = deque()  # of the numbers up to head
        self._recent_length = 0
        self._frames: dict[int, Frame] = {}

    # Told by the watcher

    def begin(self, standing: Standing | None) -> None:
        if standing is not None:
            self.head, self.over = standing.last, standing.over

    def extend(self, page: Page) -> None:
        """Take the events that follow head."""
        self.head, self.over = page.last, page.over
        self._recent.extend(page.texts)
        self._recent_length += sum(map(len, page.texts))
        while len(self._recent) > RECENT_EVENTS or (self._recent_length > RECENT_LENGTH and len(self._recent) > 1):
            self._recent_length -= len(self._recent.popleft())
        self._frames.clear()
        self._changed.tell()

    def lose(self, wrong: Wrong) -> None:
        """The stream is not what it was: everybody who follows is told so."""
        self._wrong = wrong
        self._changed.tell()

    # Asked by those who follow

    @property
    def lost(self) -> bool:
        return self._wrong is not None

    def standing_frame(self, after: int) -> Frame:
        """The first frame of a client that has everything."""
        return Frame(wire.events_frame(self.name, after, after, self.head, ()), after, self.over and after == self.head)

    async def frame_after(self, after: int) -> Frame:
        """What follows a number, as soon as there is something. Raises Wrong when that is gone."""
        while self._wrong is None and after >= self.head:
            await self._changed.wait()
        if self._wrong is not None:
            raise self._wrong
        known = self._frames.get(after)
        if known is None:
            missing = self.head - len(self._recent) - after
            known = self._from_recent(after) if missing <= 0 else await self._from_table(after)
        return known

    def _from_recent(self, after: int) -> Frame:
        texts: list[str] = []
        size = 0
        for text in islice(self._recent, after - self.head + len(self._recent), None):
            if texts and (size + len(text) > wire.FRAME_LENGTH or len(texts) == wire.FRAME_ROWS):
                break
            texts.append(text)
            size += len(text)
        last = after + len(texts)
        frame = self._frame(after, Page(last, texts, self.over and last == self.head))
        if len(self._frames) < KEPT_FRAMES:
            self._frames[after] = frame
        return frame

    async def _from_table(self, after: int) -> Frame:
        """Whoever asks for the same, as all do who come back after a restart, shares one query and one frame."""
        reading = self._reading.get(after)
        if reading is None:
            reading = self._reading[after] = asyncio.ensure_future(self._read(after))
            reading.add_done_callback(lambda done: self._has_read(after, done))
        return await asyncio.shield(reading)

    async def _read(self, after: int) -> Frame:
        return self._frame(after, await self._read_page(self, after))

    def _has_read(self, after: int, done: asyncio.Future[Frame]) -> None:
        self._reading.pop(after, None)
        if not done.cancelled():
            done.exception()  # whoever waited may have gone: then nobody else looks at it

    def _frame(self, after: int, page: Page) -> Frame:
        head = max(self.head, page.last)
        return Frame(wire.events_frame(self.name, after, page.last, head, page.texts), page.last, page.over)


class StateTopic:
    """What is so now: a snapshot whose every version replaces the one before."""

    def __init__(self, name: str, look: Callable[[str], Awaitable[str]]) -> None:
        self.name = name
        self.watchers = 0
        self._look = look
        self._changed = Change()
        self._text = ""
        self._version = 0

    def renew(self, text: str) -> None:
        self._text = text
        self._version += 1
        self._changed.tell()

    async def now(self) -> tuple[str, int]:
        """The frame as it is now, at most half a second old."""
        text = await self._look(self.name)
        return self._text or text, self._version  # a newer one may have arrived meanwhile

    async def after(self, version: int) -> tuple[str, int]:
        """The next frame that differs from the one of this version."""
        while self._version == version:
            await self._changed.wait()
        return self._text, self._version
