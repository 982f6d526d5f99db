"""A whole station of real processes: started, worked with, killed in parts, asked what became of everything."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stations.contracts import GuardStatus
from stations.safety import client
from tests.installations import HOUSE, Installation, wait_until
from tests.system.witnesses import Bench, held_by

SLOT, OTHER_SLOT = "demo/slot-1", "demo/slot-2"
PACKAGES = HOUSE / "tests" / "system" / "packages"

# What stands in the command line of a part.
WORDS = {"warden": "stations.safety.warden", "web": "web_server", "cluster": "qcluster"}

SUBMIT = """
from control.lifecycle.actor import SYSTEM
from control.lifecycle.submit import Order, submit
from control.models import Batch
for slot in {slots}:
    print(submit(Order("interruptible", slot, parameters={parameters}), by=SYSTEM, trigger=Batch.Trigger.MANUAL).pk)
"""


class Watched:
    """A batch as its spool and the plain driver tell of it."""

    station: RunningStation
    id: str

    def lines(self) -> list[dict[str, Any]]:
        return self.station.spool(self.id)

    def begun(self, step: str = "work") -> float:
        """Wait until a step runs; when (epoch) it began."""
        found = wait_until(
            lambda: [line for line in self.lines() if line["k"] == "step.started" and line["name"] == step],
            30,
            f"step {step}:\n{self.station.output}",
        )
        return float(found[0]["at"])

    def outcomes(self) -> dict[str, str]:
        """What became of its steps."""
        sql = f"SELECT name, outcome FROM control_step WHERE batch_id = '{self.station.key(self.id)}' ORDER BY id"
        return dict(self.station.installation.query(sql))


@dataclass
class Followed(Watched):
    """A batch, and the `run_batch` that follows it."""

    station: RunningStation
    process: subprocess.Popen[str]

    @property
    def output(self) -> str:
        return self.station.installation.output(self.process)

    @property
    def id(self) -> str:
        found = wait_until(lambda: re.search(r"^batch (\S+)$", self.output, re.MULTILINE) or self.process.poll())
        assert not isinstance(found, int), self.output
        return str(found[1])

    def exit_code(self, timeout_s: float = 30) -> int:
        return self.process.wait(timeout=timeout_s)

    @property
    def verdict(self) -> tuple[str, str]:
        """State and outcome, once it has ended."""
        self.exit_code()
        return self.station.verdict(self.id)


class RunningStation:
    """`serve_station --with-bench` of one installation."""

    slots: tuple[str, ...] = (SLOT, OTHER_SLOT)

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        installation.environment["GWANJE_SEQUENCE_DIRS"] = str(PACKAGES)
        installation.environment["GWANJE_WORKERS"] = "1"
        self.paths = installation.paths
        self.bench = Bench(installation)
        self.process: subprocess.Popen[str]
        self.followers: list[subprocess.Popen[str]] = []

    # Its life

    def start(self) -> RunningStation:
        self.process = self.installation.start("serve_station", "--with-bench")
        wait_until(lambda: "is ready" in self.output or self.process.poll() is not None, 30, "serve_station")
        assert self.process.poll() is None, self.output
        self.settle()
        return self

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Ask it to end; how many seconds that took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=25)
        return time.monotonic() - began

    def settle(self, timeout_s: float = 20) -> None:
        """Wait until every slot could run something and somebody would hear of it."""
        wait_until(self.is_settled, timeout_s, "a station that is ready again")

    def is_settled(self) -> bool:
        found = [client.status(self.paths, slot, 0.5) for slot in self.slots]
        calm = [status and status["safe"] and status["parked"] and not status["run"] for status in found]
        guarded = all(calm) and not any(status["unsafe"] for status in found if status)
        served = guarded and len(self.pids("qcluster")) == 2 and bool(self.pids("housekeeping"))
        return served and not self._out_of_service()

    def _out_of_service(self) -> bool:
        """An instrument that was unplugged comes back within seconds, and its slot with it."""
        return bool(self.installation.query("SELECT id FROM stations_slot WHERE health_problem IS NOT NULL"))

    def reset(self) -> None:
        done = self.manage("reset", "--all", "--reason", "the test is over")
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def output(self) -> str:
        return self.installation.output(self.process)

    # What people do

    def manage(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return self.installation.manage(*arguments, **options)

    def run(self, slot: str = SLOT, sequence: str = "interruptible", **parameters: object) -> Followed:
        given = [f"-p{name}={value}" for name, value in parameters.items()]
        process = self.installation.start("run_batch", sequence, "--slot", slot, *given)
        self.followers.append(process)
        return Followed(self, process)

    def forget_followers(self) -> None:
        """Kill those who still follow: a test that failed may leave some."""
        for process in self.followers:
            process.kill()
            process.wait()
        self.followers.clear()

    def begin(self, slot: str = SLOT, **parameters: object) -> Followed:
        """A batch that blocks, with everything switched on."""
        batch = self.run(slot, **parameters)
        batch.begun("hurry" if parameters.get("hurried") else "work")
        wait_until(lambda: "started" in batch.output, what="a story in the terminal")
        return batch

    def waiting(self) -> list[str]:
        """The batches that wait for their slots."""
        return [batch for (batch,) in self.installation.query("SELECT id FROM control_batch WHERE state = 'QUEUED'")]

    def submit_many(self, slots: list[str], **parameters: object) -> list[str]:
        """Batches that nobody follows."""
        text = SUBMIT.format(slots=slots, parameters=parameters)
        done = self.manage("shell", "--no-imports", "-c", text)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    # Who is who

    @property
    def started(self) -> set[int]:
        """Those that the test itself has started: everybody else has a parent among them."""
        return {self.process.pid, *(process.pid for process in self.followers)}

    def pids(self, word: str) -> list[int]:
        """The processes with this word in their command line whose parent's has another one: leaders, no workers."""
        ours = self.installation.processes()
        return sorted(pid for pid in ours if word in command_of(pid) and word not in command_of(parent_of(pid)))

    def status(self, slot: str = SLOT) -> GuardStatus | None:
        return client.status(self.paths, slot, 0.5)

    def pid(self, who: str, slot: str = SLOT) -> int | None:
        """One part of the station, by its name; None when it is not there now."""
        if who in ("runner", "guard"):
            status = self.status(slot) or {}
            return status.get("runner" if who == "runner" else "pid")
        if who == "supervisor":
            status = self.status(slot) or {}
            return held_by(self.paths.supervisors / str(status.get("run")))
        if who == "cluster":
            return next((pid for pid in self.pids("qcluster") if "demo.slots" in environment_of(pid)), None)
        return next(iter(self.pids(WORDS.get(who, who))), None)

    def kill(self, who: str, number: int = signal.SIGKILL, slot: str = SLOT) -> float:
        """Send a signal to a part, to a cluster as a whole; when (epoch) that was."""
        pid = wait_until(lambda: self.pid(who, slot), 10, who)
        moment = time.time()
        (os.killpg if who == "cluster" else os.kill)(pid, number)
        return moment

    # What became of it

    def spool(self, batch: str) -> list[dict[str, Any]]:
        """Its lines; one that a death cut in two is of kind "torn"."""
        try:
            text = self.paths.spool(batch).read_bytes()
        except FileNotFoundError:
            return []
        return [_line(raw) for raw in text.splitlines(keepends=True) if raw.endswith(b"\n")]

    def asked_at(self, kind: str) -> float:
        """When (epoch) somebody last asked for something, by its control event."""
        sql = f"SELECT requested_at FROM control_controlevent WHERE kind = '{kind}' ORDER BY id DESC"
        return as_time(wait_until(lambda: self.installation.query(sql), what=kind)[0][0]).timestamp()

    def key(self, batch: str) -> str:
        """Its id as a plain driver has to write it."""
        return batch.replace("-", "")  # as SQLite keeps it; PostgreSQL takes both

    def verdict(self, batch: str) -> tuple[str, str]:
        sql = f"SELECT state, outcome FROM control_batch WHERE id = '{self.key(batch)}'"
        (found,) = self.installation.query(sql)
        return found[0], found[1]


def as_time(value: Any) -> datetime:
    """A time of the database: SQLite keeps texts."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value).replace(tzinfo=UTC)


def _line(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError:
        found = None
    return found if isinstance(found, dict) and "k" in found else {"k": "torn"}


def command_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def environment_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    return ""


def parent_of(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0
