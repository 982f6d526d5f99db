"""Linux processes: who is who, who dies with whom, and how to kill all of them."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_CHILD_SUBREAPER = 36
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class ProcessMark:
    """A process that cannot be mistaken for another: pids are used again, a pid with its start time is not."""

    pid: int
    start: str

    @classmethod
    def of(cls, pid: int) -> ProcessMark | None:
        """The mark of a living process; None when there is none, or only its zombie."""
        try:
            boot = _BOOT.read_text().strip()
        except OSError:
            return None
        fields = process_stat(pid)
        return None if not fields or fields[0] in "ZX" else cls(pid, f"{boot}/{fields[19]}")

    @classmethod
    def load(cls, content: Any) -> ProcessMark | None:
        """From what `dump` gave; None when it is not that."""
        try:
            return cls(int(content["pid"]), str(content["start"]))
        except (TypeError, KeyError, ValueError):
            return None

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    def lives(self) -> bool:
        return ProcessMark.of(self.pid) == self

    def kill(self) -> bool:
        """SIGKILL exactly this process. True when it lived."""
        if not self.lives():
            return False
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        return True

    def kill_group(self) -> bool:
        """SIGKILL this process and its group, which may outlive it. True when there was something to kill.

        A number that is a living group's cannot become another process's: a dead leader still stands for its own.
        """
        same_boot = self.start.startswith(_BOOT.read_text().strip())
        if not same_boot or ProcessMark.of(self.pid) not in (None, self):
            return False
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return self.kill()
        return True


def process_stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the program's name: state, parent …; none of a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def kill_group(leader: int, number: int = signal.SIGKILL) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, number)


def become_subreaper() -> None:
    """Grandchildren that left their session become my children when their parent dies, so that I can end them."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill_strays(keep: Collection[int], patience_s: float = 0.005) -> bool:
    """SIGKILL and reap every child of this process but those to keep; True when none is known to be left.

    Ending one may bring its own children to us, so this goes round until none comes or the patience is over.
    """
    end = time.monotonic() + patience_s
    while found := strays(keep):
        for pid in found:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, os.WNOHANG)
        if time.monotonic() > end:
            return False
        time.sleep(0.0005)
    return True


def strays(keep: Collection[int]) -> list[int]:
    """The children of this process but those to keep."""
    return [pid for pid in _children(os.getpid()) if pid not in keep]


def family_of(pids: Iterable[int]) -> list[int]:
    """These processes and all their descendants."""
    family = [*pids]
    for pid in family:  # grows while it is read
        family += _children(pid)
    return family


def _children(pid: int) -> list[int]:
    """Of every thread. None as well when there is no file left to ask with: whoever asks has more important things."""
    found: list[int] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    return found
