"""A runner as its guard holds it: started ahead of its run, with a scrubbed environment and a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from stations.output import OutputBudget
from stations.safety.captured import CapturedOutput
from stations.safety.datagrams import LARGEST
from stations.safety.processes import ProcessMark, kill_group

# All that a sequence may know of our environment: no keys, no database address.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")


class Runner:
    """One runner process: parked at first, later busy with one run, then dead."""

    def __init__(self, argv: Sequence[str], import_path: Sequence[str], lock: int, folders: Path) -> None:
        """Start it. `lock` is the slot's file lock, which it inherits: the slot is free only when both are gone.

        Raises OSError when there is no process or no file left for it; then nothing of it is left either.
        """
        self.ready = False
        self.since = time.monotonic()
        self._mail = memoryview(bytearray(LARGEST))
        with ExitStack() as undo:
            self.folder = _private_folder(folders)
            if self.folder is not None:
                undo.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self.output_budget = budget = OutputBudget()
            self.output = [undo.enter_context(CapturedOutput(origin, budget)) for origin in ("stdout", "stderr")]
            self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            undo.enter_context(self.socket)
            with theirs:
                self.process = self._spawn([*argv, str(theirs.fileno())], import_path, (theirs.fileno(), lock))
            self.pid = self.process.pid
            undo.callback(self.process.wait)
            undo.callback(kill_group, self.pid)
            self.pidfd = os.pidfd_open(self.pid)  # tells the end of the process itself, whoever else holds its sockets
            undo.pop_all()
        self.socket.setblocking(False)
        for stream in self.output:
            stream.handed_over()
        self.mark = ProcessMark.of(self.pid)

    def _spawn(self, argv: list[str], import_path: Sequence[str], files: tuple[int, ...]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=self.output[0].writing,
            stderr=self.output[1].writing,
            pass_fds=files,
            start_new_session=True,
            cwd=self.folder or "/",
            env=_environment(import_path, self.folder),
        )

    def send(self, message: Any) -> bool:
        """False when the runner is gone or its mailbox is full. Never waits."""
        try:
            self.socket.send(json.dumps(message, ensure_ascii=False).encode())
        except OSError:
            return False
        return True

    def messages(self, at_most: int = 64) -> Iterator[bytes]:
        """What the runner has sent; an empty one when it has closed its end."""
        for _ in range(at_most):
            try:
                size = self.socket.recv_into(self._mail)
            except BlockingIOError:
                return
            except OSError:
                size = 0
            yield bytes(self._mail[:size])
            if not size:
                return

    def signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, number)

    def kill(self) -> None:
        """SIGKILL it and its group. Its end is heard of through `pidfd`."""
        self.ready = False
        kill_group(self.pid)
        self.signal(signal.SIGKILL)

    def bury(self) -> int:
        """The exit code (negative: the signal) of a runner that has ended; frees all that belonged to it."""
        kill_group(self.pid)
        code = self.process.wait()
        for stream in self.output:
            stream.close()
        self.socket.close()
        os.close(self.pidfd)
        return code


def _private_folder(folders: Path) -> Path | None:
    """None when the disk is full: making a slot safe needs no folder and matters more."""
    try:
        return Path(tempfile.mkdtemp(dir=folders))
    except OSError:
        return None


def _environment(import_path: Sequence[str], folder: Path | None) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    temporary = {"TMPDIR": str(folder)} if folder else {}
    return {**kept, **temporary, "PYTHONPATH": os.pathsep.join(import_path), "PYTHONSAFEPATH": "1"}
