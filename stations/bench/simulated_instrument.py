"""One instrument of the bench: its model, its faults, and the record of what it was told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol

from stations.bench.command_log import CommandLog
from stations.bench.fault_switches import FaultSwitches


class Model(Protocol):
    """What an instrument does with a line, and the physical state that a witness can look at."""

    def handle(self, line: str) -> str | None: ...

    def state(self) -> dict[str, Any]: ...


class SimulatedInstrument:
    """Answers lines, whatever carries them."""

    def __init__(self, name: str, model: Model, faults: FaultSwitches, log: CommandLog) -> None:
        self.name = name
        self.model = model
        self.faults = faults
        self.say: Callable[[str], None] = lambda line: None  # unasked; set by a port that has somebody to say it to
        self._log = log

    async def answer(self, line: str, connection: int) -> str | None:
        """Obey a line at once; the answer comes late from a slow instrument and never from a mute one."""
        at = time.time()
        reply = self.model.handle(line)
        reply = None if self.faults.mute else reply
        self._log.record(at, self.name, connection, line, reply)
        if self.faults.slow_s and reply is not None:
            await asyncio.sleep(self.faults.slow_s)
        return reply

    def tell_later(self, after_s: float, line: str, still: Callable[[], bool]) -> None:
        """Say something unasked, unless that makes no sense any more by then."""

        def tell() -> None:
            if still() and not self.faults.mute:
                self.say(line)

        asyncio.get_running_loop().call_later(after_s, tell)

    def state(self) -> dict[str, Any]:
        return {**self.model.state(), "faults": {name: on for name, on in vars(self.faults).items() if on}}
