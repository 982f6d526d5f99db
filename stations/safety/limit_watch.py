"""The limits of a run that its guard watches from outside: memory, CPU time, wall time, and what C libraries print."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from math import inf

from stations.contracts import Resources
from stations.safety.processes import family_of, process_stat

LOOK_EVERY_S = 0.1
MIB = 1024**2
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / MIB
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Exceeded:
    """A limit with what was used of it. What eats the memory of the whole machine is not asked to end, but killed."""

    sentence: str
    kill: bool


@dataclass(frozen=True)
class Usage:
    """Of some processes together. Memory that several share counts for each."""

    memory_mb: float
    cpu_s: float  # with that of children that have ended

    @classmethod
    def of(cls, pids: Collection[int]) -> Usage:
        """What these processes and their descendants use now."""
        found = [fields for pid in family_of(pids) if (fields := process_stat(pid))]
        return cls(
            memory_mb=sum(int(fields[21]) for fields in found) * _PAGE_MB,
            cpu_s=sum(int(ticks) for fields in found for ticks in fields[11:15]) * _TICK_S,
        )


class LimitWatch:
    """`due` (monotonic) is when to look next; never, for a run without limits."""

    def __init__(
        self, limits: Resources, pids: Callable[[], list[int]], printed_mb: Callable[[], float], now: float
    ) -> None:
        """`pids` tells whose descendants the run's processes are, `printed_mb` how much has come out of them."""
        self._limits, self._pids, self._printed_mb = limits, pids, printed_mb
        self._used = bool(limits.keys() & {"memory_mb", "cpu_s"})
        self._polled = self._used or "output_mb" in limits
        self._began = now
        # A runner has used some CPU time before it gets its run.
        self._cpu_before_s = Usage.of(pids()).cpu_s if "cpu_s" in limits else 0.0
        self._told = False
        self.due = self._next(now)

    def look(self, now: float) -> Exceeded | None:
        """The limit that is exceeded, if one is. Those that begin the ladder are told once."""
        found = list(self._exceeded(now))
        news = [one for one in found if one.kill or not self._told]
        self._told = self._told or bool(found)
        self.due = self._next(now)
        return news[0] if news else None

    def _next(self, now: float) -> float:
        ends = inf if self._told else self._began + self._limits.get("wall_s", inf)
        return min(ends, now + LOOK_EVERY_S if self._polled else inf)

    def _exceeded(self, now: float) -> Iterator[Exceeded]:
        """What must be killed comes first."""
        usage = Usage.of(self._pids()) if self._used else Usage(0.0, 0.0)
        used: list[tuple[str, float, float | None, str]] = [
            ("memory", usage.memory_mb, self._limits.get("memory_mb"), "MiB"),
            ("CPU time", usage.cpu_s - self._cpu_before_s, self._limits.get("cpu_s"), "s"),
            ("wall time", now - self._began, self._limits.get("wall_s"), "s"),
            ("output", self._printed_mb(), self._limits.get("output_mb"), "MiB"),
        ]
        for name, amount, limit, unit in used:
            if limit is not None and amount >= limit:
                # Rounded up: what exceeds a limit never looks as if it did not.
                sentence = f"{name}: {math.ceil(amount * 10) / 10:,.10g} {unit} used, {limit:,.10g} {unit} allowed"
                yield Exceeded(sentence, kill=name == "memory")
