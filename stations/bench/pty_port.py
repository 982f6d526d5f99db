"""The serial port of a simulated instrument: a pseudo terminal with a link to it at the instrument's address."""

from __future__ import annotations

import asyncio
import os
import tty
from contextlib import suppress
from pathlib import Path

from stations.bench.simulated_instrument import SimulatedInstrument

SERIAL_CONNECTION = 0  # a serial line has no connections that could be told apart


class PtyPort:
    """Serves one line after the other, whoever writes them."""

    def __init__(self, instrument: SimulatedInstrument, link: Path) -> None:
        self.instrument = instrument
        self.instrument.say = self._say
        self.link = link
        self._ends: tuple[int, int] | None = None
        self._received = b""
        self._answering: asyncio.Task[None] | None = None
        self._lines: asyncio.Queue[str] = asyncio.Queue()

    @property
    def resource(self) -> str:
        return str(self.link)

    async def plug(self) -> None:
        """Make the terminal and its link. Raises OSError when something else is at its place."""
        if self._ends is not None:
            return
        if self.link.exists() and not self.link.is_symlink():
            raise FileExistsError(f"{self.link} is a file")
        # The bench keeps the client's end open as well: a terminal without any client reports an error for ever.
        ours, theirs = self._ends = os.openpty()
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        self.link.parent.mkdir(parents=True, exist_ok=True)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(theirs))
        self._lines = asyncio.Queue()
        asyncio.get_running_loop().add_reader(ours, self._read, ours)
        self._answering = asyncio.create_task(self._answer(ours))

    def unplug(self) -> None:
        """Take the terminal away from whoever has it open."""
        if self._ends is None:
            return
        asyncio.get_running_loop().remove_reader(self._ends[0])
        if self._answering is not None:
            self._answering.cancel()
        with suppress(OSError):  # gone already
            if str(self.link.readlink()) == os.ttyname(self._ends[1]):  # else another bench has taken its place
                self.link.unlink()
        for end in self._ends:
            os.close(end)
        self._ends, self._received = None, b""

    async def drop(self) -> None:
        """The line is gone for a moment: whoever has it open must open it again."""
        self.unplug()
        await self.plug()

    def _read(self, ours: int) -> None:
        *lines, self._received = (self._received + os.read(ours, 65536)).split(b"\n")
        for line in lines:
            if text := line.decode(errors="replace").strip():
                self._lines.put_nowait(text)

    async def _answer(self, ours: int) -> None:
        while True:
            reply = await self.instrument.answer(await self._lines.get(), SERIAL_CONNECTION)
            if reply is not None:
                self._say(reply)

    def _say(self, line: str) -> None:
        if self._ends is not None:
            with suppress(BlockingIOError):  # nobody reads: a serial line forgets what does not fit
                os.write(self._ends[0], line.encode() + b"\n")
