"""Programs that are kept alive: started, watched, started again, and never outliving who started them."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import BinaryIO

from stations.lifeline import die_with
from stations.safety.frozen import Watched, show_life
from stations.safety.processes import ProcessMark, kill_group

FAST_DEATH_S = 5.0
LARGEST_LOG = 5_000_000


class BackOff:
    """How long to wait before starting something again: not at all at first, longer if it keeps dying young."""

    def __init__(self) -> None:
        self._fast_deaths = 0

    def after(self, lived_s: float, young_s: float = FAST_DEATH_S) -> float:
        """Seconds to wait after a life of `lived_s` seconds, which was a short one if it was less than `young_s`."""
        self._fast_deaths = self._fast_deaths + 1 if lived_s < young_s else 0
        return 0.0 if self._fast_deaths < 2 else min(5.0, 0.2 * 2.0 ** (self._fast_deaths - 2))


class Child:
    """A program that is kept alive. When whoever started it dies, the kernel kills it and its whole group."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str],
        logs: Path,
        *,
        inherited: Sequence[int] = (),
        workers: bool = False,
        heartbeat: Path | None = None,
        silent_s: float = inf,
    ) -> None:
        self.inherited = inherited  # open files that it gets as they are
        self.workers, self.heartbeat, self.silent_s = workers, heartbeat, silent_s
        self.name, self.argv, self.env = name, argv, env
        self.log = logs / f"{name.replace('/', '--')}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.mark: ProcessMark | None = None
        self.pidfd = -1
        self.start_at = inf
        self.started_at = 0.0
        self._lifeline = -1
        self._back_off = BackOff()

    @property
    def young_s(self) -> float:
        """A death before this age may come again at once."""
        return FAST_DEATH_S

    def start(self) -> None:
        """Raises OSError when the program cannot be started."""
        if self.heartbeat is not None:
            show_life(self.heartbeat)  # from now on it has to do that itself
        theirs, self._lifeline = os.pipe2(os.O_CLOEXEC)
        try:
            with _opened(self.log) as log:
                process = self._spawn(theirs, log.fileno())
            self.pidfd = _pidfd_of(process)
        except OSError:
            self.cut_lifeline()
            raise
        finally:
            os.close(theirs)
        self.process, self.mark = process, ProcessMark.of(process.pid)
        self.started_at, self.start_at = time.monotonic(), inf

    def _spawn(self, lifeline: int, log: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.argv,
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(lifeline, *self.inherited),
            start_new_session=True,
            preexec_fn=lambda: die_with(lifeline),
        )

    @property
    def watched(self) -> Watched | None:
        """What a FrozenWatch looks at; None while nothing runs."""
        return Watched(self.mark, self.workers, self.heartbeat, self.silent_s) if self.mark else None

    def signal(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)

    def cut_lifeline(self) -> None:
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

    def bury(self) -> int:
        """The exit code of a child that has ended (or is being killed). Nothing of its group lives on."""
        assert self.process is not None
        kill_group(self.process.pid)
        code = self.process.wait()
        os.close(self.pidfd)
        self.cut_lifeline()
        self.process, self.mark, self.pidfd = None, None, -1
        now = time.monotonic()
        self.start_at = now + self._back_off.after(now - self.started_at, self.young_s)
        return code


class GuardChild(Child):
    """The guard of a slot. Its lifeline is its standard input: it makes its slot safe before it ends."""

    WORKED_YOUNG_S = 0.5
    PATIENCE_S = 1.5
    START_PATIENCE_S = 10.0  # it may have to wait for its predecessor

    def __init__(self, slot: str, argv: Sequence[str], env: Mapping[str, str], logs: Path) -> None:
        super().__init__(f"guard {slot}", argv, env, logs)
        self.slot = slot
        self.answer_by = inf
        self.safe: bool | None = None

    def start(self) -> None:
        self.safe = None
        super().start()
        self.answer_by = self.started_at + self.START_PATIENCE_S

    def _spawn(self, lifeline: int, log: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.argv,
            env={**os.environ, **self.env},
            stdin=lifeline,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    @property
    def young_s(self) -> float:
        """One that had made its slot safe works: should it be killed, its run must not wait for the next one."""
        return FAST_DEATH_S if self.safe is None else self.WORKED_YOUNG_S

    def answered(self, safe: bool | None) -> None:
        self.safe = safe
        self.answer_by = time.monotonic() + self.PATIENCE_S


def wait_for_ends(children: Iterable[Child], timeout_s: float) -> list[Child]:
    """Wait until all have ended and bury them. Returns those that still live after the time."""
    alive = {child.pidfd: child for child in children if child.process is not None}
    until = time.monotonic() + timeout_s
    while alive and (ended := select.select([*alive], [], [], max(0.0, until - time.monotonic()))[0]):
        for pidfd in ended:
            alive.pop(pidfd).bury()
    return [*alive.values()]


def end_children(children: Iterable[Child], grace_s: float) -> None:
    """SIGTERM, time to obey, SIGKILL."""
    children = [child for child in children if child.process is not None]
    for child in children:
        child.signal(signal.SIGTERM)
    for child in wait_for_ends(children, grace_s):
        child.bury()


def limit_log(log: Path) -> None:
    """Move what a log holds to `.log.1` when it is long. Its writers keep it open, and append to whatever is left."""
    with suppress(OSError):
        if log.stat().st_size > LARGEST_LOG:
            with suppress(OSError):  # on a full disk the old lines are lost: the next ones matter more
                shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)


def _opened(log: Path) -> BinaryIO:
    """A child without a log is better than none: a full disk must not keep a guard from its slot."""
    try:
        return log.open("ab")
    except OSError:
        return Path(os.devnull).open("ab")


def _pidfd_of(process: subprocess.Popen[bytes]) -> int:
    """Tells the end of a process. One that could not be watched is ended. Raises OSError."""
    try:
        return os.pidfd_open(process.pid)
    except OSError:
        kill_group(process.pid)
        process.wait()
        raise
