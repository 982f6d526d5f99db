"""A warden with its guards and runners as real processes below one folder, and packages to run on them."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sequences.catalogue import read_package
from stations.contracts import GuardStatus, Job, Latch
from stations.drivers.loading import runner_command
from stations.paths import StationPaths
from stations.safety import client
from stations.safety.durable import read_json
from stations.safety.on_demand import clear_slots
from stations.safety.processes import ProcessMark

ROOT = Path(__file__).resolve().parents[3]
SLOT = "demo/slot-1"

BLOCKS = {
    "nothing": "pass",
    "sleep": "run.sleep(8)",
    "loop": "while time.monotonic() < end: pass",
    "read": "run.instruments.supply.query('HANG?')",
    "deadlock": "libc.pthread_mutex_lock(mutex); libc.pthread_mutex_lock(mutex)",
}

PACKAGE = """
import ctypes, os, subprocess, sys, time
from sequences.authoring import Run, sequence, setup, step, teardown

libc, mutex = ctypes.PyDLL(None), ctypes.create_string_buffer(64)

@sequence
class Hazard:
    @setup
    def switch_on(self, run: Run) -> None:
        run.instruments.supply.write("OUTP ON")
        run.measure("on", run.instruments.supply.query("OUTP?"))

    @step(timeout_s={timeout_s})
    def work(self, run: Run) -> None:
        end = time.monotonic() + 8
        {block}

    @teardown
    def switch_off(self, run: Run) -> None:
        {teardown}
"""


def wait_until(condition: Callable[[], Any], within_s: float = 8.0) -> Any:
    """The first true value of the condition. Fails when there is none in time."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(0.005)
    raise AssertionError(f"never came true within {within_s} s")


class StationUnderTest:
    """One warden, started on demand, killed at the end with all that is its own."""

    def __init__(self, folder: Path, slots: dict[str, dict[str, Any]]) -> None:
        self.folder = folder
        self.paths = StationPaths(folder / "data")
        self.paths.prepare()
        self.settings: dict[str, Any] = {
            "station": "demo",
            "data_dir": str(self.paths.data),
            "runner": runner_command([]),
            "import_path": [str(ROOT)],
            "slots": [{"slot": slot, "instruments": instruments} for slot, instruments in slots.items()],
            "children": [],
            "safe_budget_s": 0.6,
        }
        self.warden: subprocess.Popen[bytes]

    def start(self) -> StationUnderTest:
        """Start the warden and wait until all guards know whether their slots are safe."""
        self.paths.warden_config.write_text(json.dumps(self.settings))
        argv = [sys.executable, "-m", "stations.safety.warden", str(self.paths.warden_config)]
        with (self.folder / "warden.log").open("ab") as log:
            self.warden = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        assert self.warden.stdout is not None
        assert select.select([self.warden.stdout], [], [], 15)[0], (self.folder / "warden.log").read_text()
        self.ready = json.loads(self.warden.stdout.readline())["ready"]
        return self

    def end(self) -> None:
        """Ordered end."""
        if self.warden.poll() is None:
            self.warden.terminate()
            self.warden.wait(20)
        self._close_pipes()

    def leave_nobody(self) -> None:
        """Fails when anything still lives, and ends it: an orphan of one test must not meet the next."""
        try:
            wait_until(lambda: not self.processes(), within_s=3.0)
        finally:
            for pid in self.processes():
                kill(pid)

    def kill_warden(self) -> None:
        self.warden.kill()
        self.warden.wait()
        self._close_pipes()

    def _close_pipes(self) -> None:
        for pipe in (self.warden.stdin, self.warden.stdout):
            if pipe is not None:
                pipe.close()

    # The slot

    def status(self, slot: str = SLOT) -> GuardStatus | None:
        return client.status(self.paths, slot, 0.5)

    def guard(self, slot: str = SLOT) -> ProcessMark:
        mark = ProcessMark.load(read_json(self.paths.slot(slot).state)["guard"])
        assert mark is not None
        return mark

    def ready_to_run(self, slot: str = SLOT) -> GuardStatus:
        def idle() -> GuardStatus | None:
            status = self.status(slot)
            calm = status and status["safe"] and not status["unsafe"] and status["parked"] and not status["run"]
            return status if calm else None

        return wait_until(idle)

    def ready_parked(self, slot: str = SLOT) -> GuardStatus:
        """The status once the next runner is parked, beside whatever runs."""
        return wait_until(lambda: (status := self.status(slot)) and status["parked"] and status)

    def clear(self, control: str = "a control event", slot: str = SLOT) -> GuardStatus:
        """As an engineer does, once it has been seen to."""
        answer = clear_slots(self.paths, [slot], control)[slot]
        assert not isinstance(answer, str), answer
        return answer

    def story(self, slot: str = SLOT) -> list[dict[str, Any]]:
        """What the guard told of its slot beside all runs."""
        file = self.paths.slot(slot).story
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def package(self, block: str = "sleep", *, timeout_s: float | None = None, teardown: str = "") -> Path:
        """A package that switches on, blocks in a certain way, and switches off."""
        folder = self.folder / f"hazard_{uuid.uuid4().hex[:8]}"
        folder.mkdir()
        purpose = "instruments: {supply: what is switched on}"
        (folder / "manifest.yaml").write_text(f"name: {folder.name}\nversion: 1.0.0\n{purpose}\n")
        switch_off = teardown or "run.instruments.supply.write('OUTP OFF')"
        text = PACKAGE.format(block=BLOCKS.get(block, block), timeout_s=timeout_s, teardown=switch_off)
        (folder / "sequence.py").write_text(text)
        return folder

    def job(self, package: Path, **changes: Any) -> Job:
        found = read_package(package)
        assert not found.problems, found.problems
        job = Job(
            run=str(uuid.uuid4()),
            package=str(package),
            sha256=found.sha256,
            parameters={},
            limits={},
            subject="",
            stop_grace_s=0.5,
            term_grace_s=0.5,
            deadline_grace_s=1.0,
            spool_limit=10_000_000,
            resources={},
        )
        return {**job, **changes}  # type: ignore[typeddict-item]

    def run(self, job: Job, slot: str = SLOT) -> str:
        """Start a job, waiting for a free slot. Returns its run."""

        def started() -> bool:
            answer = client.run(self.paths, slot, job)
            return answer is not None and answer["answer"] != "wait"

        wait_until(started)
        return job["run"]

    def begin(self, block: str = "sleep", slot: str = SLOT, **changes: Any) -> str:
        """A run that blocks in its step, with the output on."""
        options = {key: changes.pop(key) for key in ("timeout_s", "teardown") if key in changes}
        run = self.run(self.job(self.package(block, **options), **changes), slot)
        wait_until(lambda: [line for line in self.lines(run) if line["k"] == "step.started" and line["name"] == "work"])
        time.sleep(0.05)
        return run

    def lines(self, run: str) -> list[dict[str, Any]]:
        try:
            text = self.paths.spool(run).read_text()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in text.splitlines() if line.startswith("{") and line.endswith("}")]

    def ended(self, run: str, within_s: float = 8.0) -> dict[str, Any]:
        """The last line of a run, once it is there; it is the only one of its kind."""
        wait_until(lambda: self._ends(run), within_s)
        assert len(self._ends(run)) == 1
        assert self.lines(run)[-1]["k"] == "batch.ended"
        return self.lines(run)[-1]

    def _ends(self, run: str) -> list[dict[str, Any]]:
        return [line for line in self.lines(run) if line["k"] == "batch.ended"]

    def kinds(self, run: str, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines(run) if line["k"] == kind]

    def processes(self) -> list[int]:
        """Everything alive that works on this station's folder."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                known = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
                dead = (folder / "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
            except OSError:
                continue
            ours = str(self.paths.data).encode() in known or str(self.paths.runtime).encode() in known
            if ours and not dead and int(folder.name) != os.getpid():
                found.append(int(folder.name))
        return found


def latch(reason: str = "smoke") -> Latch:
    return Latch(id=str(uuid.uuid4()), scope="all", by="Kim", face="test", reason=reason, at=time.time())


def kill(pid: int | None, number: int = signal.SIGKILL) -> float:
    """Send a signal; the moment (epoch) at which it was sent."""
    assert pid
    moment = time.time()
    os.kill(pid, number)
    return moment


def members(group: int) -> list[int]:
    """The living processes of a group."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        mark = ProcessMark.of(int(folder.name))
        with suppress(ProcessLookupError):
            if mark and os.getpgid(mark.pid) == group:
                found.append(mark.pid)
    return found
