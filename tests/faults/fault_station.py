"""A whole station with its pages, any part of which may die: its bench stands beside it and outlives all the rest."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import AbstractContextManager, suppress
from typing import Any

import psycopg

from stations.bench.control_socket import order
from stations.safety.durable import read_json
from stations.safety.processes import ProcessMark
from tests.installations import FREE_PORTS, HOUSE, Installation, wait_until
from tests.people import add_key, add_user
from tests.postgresql import PostgreSQL
from tests.system.database_away import server_stopped, write_lock
from tests.system.running_station import SLOT, RunningStation, Watched
from tests.system.witnesses import held_by

TERMINAL = {"COMPLETED", "FAILED", "STOPPED", "ABORTED", "CRASHED"}


class Posted(Watched):
    """A batch that was submitted over the API; nobody follows it."""

    def __init__(self, station: FaultStation, batch: str) -> None:
        self.station: FaultStation = station
        self.id = batch


class FaultStation(RunningStation):
    """`start` of one installation. `server`: the PostgreSQL of its own that it runs on, else None."""

    def __init__(self, installation: Installation, server: PostgreSQL | None) -> None:
        super().__init__(installation)
        self.server = server
        self.address = f"http://127.0.0.1:{next(FREE_PORTS)}"
        described = installation.station_file.read_text()
        self._bench_file = installation.folder / "bench.yaml"
        self._bench_file.write_text(described)
        # Whoever starts sees instruments that somebody else plays, so no bench of its own is started.
        installation.station_file.write_text(re.sub(r"^ +simulation: .*\n", "", described, flags=re.MULTILINE))
        self._bench_process: subprocess.Popen[bytes] | None = None
        add_user(installation, "admin", superuser=True)  # else the start would make the first login
        self._key = add_key(installation, add_user(installation, "engineer", "engineer"))

    # Its life

    def start(self) -> FaultStation:
        if self._bench_process is None:
            self._start_bench()
        self.process = self.installation.start("start", "--no-demo", "--port", self.address.rpartition(":")[2])
        self.settle(40)
        return self

    def _start_bench(self) -> None:
        command = [sys.executable, "-m", "stations.bench", "--station-file", str(self._bench_file)]
        command += ["--data-dir", str(self.installation.data)]
        self._bench_process = subprocess.Popen(
            command, cwd=HOUSE, env=self.installation.environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        wait_until(self._bench_answers, 15, "the bench")

    def _bench_answers(self) -> bool:
        with suppress(OSError):
            return bool(order(self.installation.data, ["state"])["ok"])
        return False

    def end(self) -> None:
        """Ask everything to end, the bench last, and see that nobody is left."""
        self.stop()
        self.take_bench_away()
        wait_until(lambda: not self.installation.processes(), 5, "a station without orphans")

    def take_bench_away(self) -> None:
        if self._bench_process is not None:
            self._bench_process.terminate()
            self._bench_process.wait(timeout=10)

    def kill_everything(self) -> None:
        """At once: stopped first, so that nobody sees another die. Only the bench is spared."""
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in self._all_but_the_bench():
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
        self.process.wait(timeout=10)
        wait_until(lambda: not self._all_but_the_bench(), 5, "the death of everything")

    def _all_but_the_bench(self) -> set[int]:
        bench = self._bench_process.pid if self._bench_process else 0
        return self.installation.processes() - {bench}

    def is_settled(self) -> bool:
        return super().is_settled() and self.answers()

    @property
    def started(self) -> set[int]:
        bench = {self._bench_process.pid} if self._bench_process else set()
        return super().started | bench

    # What people do

    def answers(self, within_s: float = 2.0) -> bool:
        """Whether the web process does. The socket of a dead one still takes connections."""
        with suppress(OSError, ValueError):
            return bool(self.ask("/api/health/", timeout_s=within_s)["status"] == "ok")
        return False

    def ask(self, path: str, body: dict[str, Any] | None = None, timeout_s: float = 20) -> Any:
        """Speak with the API. Raises OSError, of which `HTTPError` is a refusal."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, data, headers)
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            return json.load(answer)

    def post(self, sequence: str = "interruptible", slot: str | None = SLOT, **parameters: object) -> Posted:
        """Submit a batch."""
        body = {"sequence": sequence, "slot": slot, "parameters": parameters}
        return Posted(self, str(self.ask("/api/control/batches/", body)["id"]))

    def steer(self, batch: Watched, verb: str, **body: object) -> Any:
        return self.ask(f"/api/control/batches/{batch.id}/{verb}/", body)

    def waiting_prompt(self, batch: Watched) -> str:
        """The prompt for which a batch waits; empty: for none."""
        return str(self.ask(f"/api/control/batches/{batch.id}/")["prompt"])

    def press(self, slot: str = SLOT) -> float:
        """The emergency stop of a slot; when (epoch) it was pressed."""
        moment = time.time()
        self.ask("/api/emergency-stop/", {"slot": slot, "reason": "a test"})
        return moment

    def lift(self) -> None:
        """Reset whatever is latched, and clear what was not confirmed once it is."""
        found = [wait_until(lambda s=slot: self.status(s), 5, f"the guard of {slot}") for slot in self.slots]
        for slot in (status["slot"] for status in found if status["unsafe"]):
            wait_until(lambda s=slot: (self.status(s) or {}).get("safe"), 10, f"{slot} that is safe by now")
        if any(status["latch"] or status["unsafe"] for status in found):
            self.ask("/api/reset/", {"all": True, "reason": "the test is over"})

    def end_what_runs(self) -> None:
        """A cell that failed may have left a batch behind."""
        for slot in self.slots:
            if (self.status(slot) or {}).get("run"):
                self.press(slot)

    def without_database(self) -> AbstractContextManager[None]:
        return server_stopped(self.server) if self.server else write_lock(self.installation)

    # What became of it

    def ended(self, batch: Watched) -> bool:
        """Whether its row says so; not while the database is away."""
        with suppress(psycopg.OperationalError):
            return self.verdict(batch.id)[0] in TERMINAL
        return False

    def newcomer(self, who: str, batch: Watched | None = None) -> int | None:
        """Who does the work of this part now, told without asking anybody who may be frozen."""
        if who == "supervisor":
            return held_by(self.paths.supervisors / (batch.id if batch else ""))
        if who == "warden":
            return held_by(self.paths.warden_lock)
        if who == "web":
            return self.pid("web") if self.answers(0.2) else None
        children = read_json(self.paths.warden_state) or {}
        names = {"guard": f"guard {SLOT}", "cluster": "demo.slots"}
        mark = ProcessMark.load(children.get(names.get(who, who)))
        return mark.pid if mark and mark.lives() else None
