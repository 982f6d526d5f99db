"""An installation of Gwanje for tests that start real processes: a data directory and a database, no leftovers."""

from __future__ import annotations

import ctypes
import fcntl
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Set
from contextlib import closing, contextmanager, suppress
from itertools import cycle
from pathlib import Path
from typing import Any

import psycopg

from stations.paths import StationPaths
from tests.postgresql import Databases

HOUSE = Path(__file__).resolve().parent.parent
PR_SET_CHILD_SUBREAPER = 36


class Installation:
    """What one test installs: the demo station, on ports of its own. `environment` may still be changed."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.database_url = database_url
        self.data = folder / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        self.paths = StationPaths(self.data)
        # From scratch: nothing of the settings that pytest itself runs under may reach these processes.
        kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
        self.environment = {name: os.environ[name] for name in kept if name in os.environ}
        self.station_file = folder / "station.yaml"
        self.station_file.write_text(with_free_ports((HOUSE / "station.yaml").read_text()))
        self.environment |= {
            "GWANJE_DATA_DIR": str(self.data),
            "GWANJE_DATABASE_URL": database_url,
            "GWANJE_STATION_FILE": str(self.station_file),
        }
        # Whoever loses its parent becomes a child of this process instead of getting lost to init.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
        self._older = descendants()
        self._started: list[tuple[subprocess.Popen[str], Path]] = []

    def manage(self, *arguments: str, timeout: float = 60, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run `manage.py` with these arguments to its end; exit code and output are in the answer."""
        options = {"capture_output": True, "text": True, "env": self.environment, "cwd": self.folder} | options
        return subprocess.run([sys.executable, str(HOUSE / "manage.py"), *arguments], timeout=timeout, **options)

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start `manage.py` with these arguments in a session of its own; see `output` for what it prints."""
        file = self.folder / f"output-{len(self._started)}.txt"
        with file.open("w") as stream:
            options = {"stdout": stream, "stderr": subprocess.STDOUT, "env": self.environment} | options
            command = [sys.executable, str(HOUSE / "manage.py"), *arguments]
            process = subprocess.Popen(command, text=True, cwd=self.folder, start_new_session=True, **options)
        self._started.append((process, file))
        return process

    def start_web(self, port: int) -> subprocess.Popen[str]:
        """The web process alone, as `start` and `serve_web` have it, at a port of this host; it writes to web.txt."""
        with socket.create_server(("127.0.0.1", port)) as listener, (self.folder / "web.txt").open("a") as log:
            number = listener.fileno()
            return subprocess.Popen(
                [sys.executable, "-m", "control.web_server", str(number)],
                env=self.environment,
                cwd=HOUSE,
                stdout=log,
                stderr=log,
                pass_fds=[number],
                start_new_session=True,
            )

    def output(self, process: subprocess.Popen[str]) -> str:
        """Everything that a started process has printed so far."""
        return next(file.read_text() for known, file in self._started if known is process)

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """A connection by the plain driver, for a witness that trusts nobody. SQLite paths and psycopg URLs."""
        if self.database_url.startswith("sqlite"):
            opened: Any = sqlite3.connect(self.data / "gwanje.sqlite3", timeout=20, isolation_level=None)
        else:
            opened = psycopg.connect(self.database_url, autocommit=True)
        with closing(opened) as connection:
            yield connection

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connection() as connection:
            return list(connection.execute(sql).fetchall())

    def processes(self) -> set[int]:
        """Every living process that came from this installation, even those that left their session and parents."""
        return descendants(beside=self._older)

    def remove(self) -> None:
        """Kill everything that is left and remove the runtime directory. Raises AssertionError when something stays."""
        deadline = time.monotonic() + 10
        killed: set[int] = set()
        while left := self.processes():
            assert time.monotonic() < deadline, f"processes that cannot be killed: {left}"
            killed |= left
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        for process, _file in self._started:
            process.wait(timeout=10)
        for pid in killed:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)  # those that became ours when they lost their parent
        shutil.rmtree(self.paths.runtime, ignore_errors=True)


class Template:
    """A migrated database that is copied for each installation, because migrating takes seconds.

    Processes that name the same folder share it; the first one that comes makes it.
    """

    NAME = "gwanje_template"

    def __init__(self, folder: Path, server: Databases | None) -> None:
        self.server = server
        self.file = folder / "data" / "gwanje.sqlite3"
        self.count = 0
        folder.mkdir(parents=True, exist_ok=True)
        made = folder / "made"
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                self._make(folder)
                made.touch()

    def _make(self, folder: Path) -> None:
        url = f"sqlite:///{self.file}"
        if self.server is not None:
            self.server.execute(f"CREATE DATABASE {self.NAME}")
            url = self.server.url(self.NAME)
        done = Installation(folder, url).manage("migrate", "-v0")
        assert done.returncode == 0, done.stdout + done.stderr

    def install(self, folder: Path) -> Installation:
        """An installation in this folder with a copy of the database."""
        file = folder / "data" / "gwanje.sqlite3"
        file.parent.mkdir(parents=True)
        name = self.copy(file)
        return Installation(folder, self.server.url(name) if self.server else f"sqlite:///{name}")

    def copy(self, file: Path) -> str:
        """Copy the database to this file on SQLite, else within the server. Returns the name of the copy."""
        if self.server is None:
            return str(shutil.copy(self.file, file))
        self.count += 1
        name = f"gwanje_{os.getpid()}_{self.count}"
        self.server.execute(f"CREATE DATABASE {name} TEMPLATE {self.NAME}")
        return name


def with_free_ports(station_file: str) -> str:
    """The demo station with ports of its own, so that it runs beside another one."""
    return re.sub(r"(?<=::127\.0\.0\.1::)\d+", lambda _: str(next(FREE_PORTS)), station_file)


def free_ports() -> Iterator[int]:
    # Below those that the kernel gives to clients, and each process has its own: a port found free there is still free
    # when the bench takes it. A process that needs more of them begins again, with those that nobody has any more.
    for port in cycle(random.sample(range(20_000 + os.getpid() % 16, 32_000, 16), 750)):
        with suppress(OSError):
            socket.create_server(("127.0.0.1", port)).close()
            yield port


FREE_PORTS = free_ports()


def wait_until(holds: Callable[[], Any], timeout_s: float = 30, what: str = "") -> Any:
    """Ask until the answer is truthy, and return it. Raises AssertionError after `timeout_s`.

    Questions that cost something are asked less often: what is waited for needs the processor more than who waits.
    """
    began = asked = time.monotonic()
    while not (answer := holds()):
        now = time.monotonic()
        assert now < began + timeout_s, f"waited {timeout_s} s in vain for {what or holds}"
        time.sleep(min(max(0.01, 4 * (now - asked)), 0.1))
        asked = time.monotonic()
    return answer


def alive(pid: int) -> bool:
    """Whether a process still runs. One that has ended but was not reaped yet does not."""
    return any(found == pid for found, _parent, _name in process_table())


def descendants(beside: Set[int] = frozenset()) -> set[int]:
    """All living processes below this one, but for the test's PostgreSQL servers, and those beside with their own."""
    children: dict[int, list[int]] = {}
    for pid, parent, name in process_table():
        if name != "postgres" and pid not in beside:
            children.setdefault(parent, []).append(pid)
    found: set[int] = set()
    waiting = [os.getpid()]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting.extend(below)
    return found


def process_table() -> Iterator[tuple[int, int, str]]:
    """Pid, parent and name of every process that has not ended."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            head, _, tail = stat.read_text().rpartition(")")
            state, parent = tail.split()[:2]
            if state not in "ZX":
                yield int(head.split()[0]), int(parent), head.partition("(")[2]
