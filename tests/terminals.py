"""A real terminal for a command: what it shows, and keys that somebody presses in it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.installations import HOUSE

CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
CTRL_C = "\x03"


class Terminal:
    """`manage.py` with some arguments in a terminal of its own. Whatever it shows is kept in `shown`."""

    def __init__(self, *arguments: str, environment: dict[str, str], folder: Path, columns: int = 100) -> None:
        self._ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (40, columns))
        self.shown = ""
        self.process = subprocess.Popen(
            [sys.executable, str(HOUSE / "manage.py"), *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**environment, "TERM": "xterm-256color"},
            cwd=folder,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0),  # so that Ctrl-C reaches it
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._ours)

    @property
    def text(self) -> str:
        """What it shows, without colours and movements."""
        return CONTROLS.sub("", self.shown)

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def wait_for(self, words: str, timeout_s: float = 30) -> None:
        self._read_until(lambda: words in self.text, timeout_s, words)

    def end(self, timeout_s: float = 60) -> int:
        """Wait for its end, and return its exit code."""
        self._read_until(lambda: self.process.poll() is not None, timeout_s, "the end")
        while self._read(0.05):
            pass
        return self.process.wait()

    def _read_until(self, holds, timeout_s: float, what: str) -> None:
        deadline = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < deadline, f"waited {timeout_s} s in vain for {what!r}:\n{self.text}"
            self._read(0.05)

    def _read(self, timeout_s: float) -> bool:
        if not select.select([self._ours], [], [], timeout_s)[0]:
            return False
        try:
            self.shown += os.read(self._ours, 65536).decode(errors="replace")
        except OSError:  # nobody is at the other end any more
            time.sleep(timeout_s)
            return False
        return True
