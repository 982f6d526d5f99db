"""The process that works on items, one after the other: a fork of the runner, which has the package loaded.

Whatever an item does to it (a segmentation fault, an endless loop, a leak) ends this process, not the run: the runner
notices, tells of the item that it was given last, and forks another one. It leads a group of its own, so that what the
item has started ends with it.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from sequences.items.contracts import ItemEnded, ItemOrder
from stations.lifeline import die_with

_LARGEST = 1 << 18
LAST_WORDS = 2000  # bytes of where a process has crashed
LARGEST_TOLD = 128 * 1024  # bytes of one message: the kernel takes 208 KiB at once
_TOO_LONG = b'{"log": "a line that was too long is left out", "level": "WARNING", "origin": "engine"}'
# So long may a process that has closed its end take to be gone: it may be writing what it died of.
_DEATH_PATIENCE_S = 1.0

Tell = Callable[[dict[str, Any]], None]
Work = Callable[[ItemOrder, Tell], ItemEnded]


class Hand:
    """At most one process at a time; it begins with the first item that it is given."""

    def __init__(self, begin: Callable[[Tell], Work]) -> None:
        """`begin`: called once in the new process; returns what works on one item there. It must not raise."""
        self._begin = begin
        self._socket: socket.socket | None = None
        self._pid = 0
        self._words = -1  # a file of its own for where it crashes
        self._lifeline = -1  # closes with the runner, however that ends
        self._last_words = ""

    def fileno(self) -> int:
        return -1 if self._socket is None else self._socket.fileno()

    @property
    def lives(self) -> bool:
        return self._pid != 0

    def give(self, item: ItemOrder) -> None:
        """Let it work on an item. Raises OSError when it has died, or there is no process to be had."""
        if not self._pid:
            self._fork()
        assert self._socket is not None
        self._socket.send(json.dumps(item, ensure_ascii=False).encode())

    def messages(self) -> Iterator[dict[str, Any]]:
        """What it has told so far. Ends it and yields {"died": how, "traceback": where} when it is gone."""
        while self._socket is not None:
            try:
                message = self._socket.recv(_LARGEST, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError:
                message = b""
            if not message:
                yield {"died": self._died(), "traceback": self._last_words}
                return
            yield json.loads(message)

    def end(self) -> None:
        """Kill it with all that it has started, if it lives."""
        if self._pid:
            self._kill()
            with suppress(ChildProcessError):  # a package that waits for any child took it
                os.waitpid(self._pid, 0)
            self._forget()

    def _kill(self) -> None:
        """The number is of nobody else until we have waited for it. It may have died before it led its group."""
        for kill in (os.killpg, os.kill):
            with suppress(ProcessLookupError):
                kill(self._pid, signal.SIGKILL)

    def _died(self) -> str:
        """It has closed its end: how it died."""
        until = time.monotonic() + _DEATH_PATIENCE_S
        while time.monotonic() < until:
            try:
                dead = os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                break
            if dead:
                self._kill()  # what it has started
                _pid, status = os.waitpid(self._pid, 0)
                self._forget()
                return _how(status)
            time.sleep(0.001)
        self.end()
        return "it did not answer any more"

    def _forget(self) -> None:
        if self._words >= 0:
            self._last_words = os.pread(self._words, LAST_WORDS, 0).decode(errors="replace")
            os.close(self._words)
            os.close(self._lifeline)
            self._words = self._lifeline = -1
        if self._socket is not None:
            self._socket.close()
        self._socket, self._pid = None, 0

    def _fork(self) -> None:
        for stream in (sys.stdout, sys.stderr):  # else both processes write what is not written yet
            with suppress(OSError, ValueError):
                stream.flush()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        words = os.memfd_create("last-words")
        line, held = os.pipe2(os.O_CLOEXEC)
        try:
            pid = os.fork()
        except OSError:
            ours.close()
            theirs.close()
            for file in (words, line, held):
                os.close(file)
            raise
        if not pid:
            try:
                ours.close()
                os.close(held)
                os.setsid()
                die_with(line)
                # Where it crashed belongs to the item; into the story it would be a warning for each line of it.
                faulthandler.enable(words, all_threads=False)
                _live_and_die(theirs, self._begin)
            finally:
                os._exit(1)
        theirs.close()
        os.close(line)
        self._socket, self._pid, self._words, self._lifeline = ours, pid, words, held


def _live_and_die(runner: socket.socket, begin: Callable[[Tell], Work]) -> None:
    """In the new process: one item after the other, until the runner has no more or is gone."""
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGALRM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)

    def tell(message: dict[str, Any]) -> None:
        text = json.dumps(message, ensure_ascii=False, default=str).encode("utf-8", "replace")
        runner.send(text if len(text) < LARGEST_TOLD else _TOO_LONG)

    work = begin(tell)
    while order := runner.recv(_LARGEST):
        tell({"ended": work(json.loads(order), tell)})
    os._exit(0)


def _how(status: int) -> str:
    """What a process died of, for people."""
    if os.WIFSIGNALED(status):
        with suppress(ValueError):
            return f"signal {signal.Signals(os.WTERMSIG(status)).name}"
        return f"signal {os.WTERMSIG(status)}"
    return f"exit code {os.waitstatus_to_exitcode(status)}"
