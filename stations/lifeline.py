"""Lifelines: pipes that tell a process, or the kernel in its place, that whoever started it is gone."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import stat


def die_with(lifeline: int) -> None:
    """For a new session leader: the kernel kills its whole group at the moment the other end of `lifeline` closes.

    Works for programs that know nothing of it, and also while they are stopped: every process that inherits the open
    pipe keeps the order alive, and nobody has to read anything.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if is_cut(lifeline):  # it closed before we listened
        os._exit(1)


def is_cut(lifeline: int) -> bool:
    poll = select.poll()
    poll.register(lifeline, 0)
    return bool(poll.poll(0))


def is_lifeline(file: int) -> bool:
    """Whether somebody may hold the other end: standard input is a terminal or /dev/null otherwise."""
    mode = os.fstat(file).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
