"""`make soak MINUTES=20 SEED=…`: four slots, people who never stop, faults at random, and every promise checked."""

from __future__ import annotations

import argparse
import contextlib
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from stations.bench.control_socket import order
from tests.faults.fault_station import TERMINAL, FaultStation
from tests.faults.people import People
from tests.faults.random_faults import RandomFaults
from tests.installations import Installation, Template, with_free_ports
from tests.postgresql import PostgreSQL
from tests.system.invariants import check_invariants, check_processes, check_story, check_streams

SLOTS = 4
FAULT_EVERY_S, MEDDLE_EVERY_S, BUSY_EVERY_S, TELL_EVERY_S = (0.3, 2.5), (0.2, 1.5), (0.3, 0.6), (30.0, 30.0)
CALM_S = 90.0


def with_boards(described: str, boards: int) -> str:
    """The demo station with more boards, each with instruments of its own like those of the first."""
    head, slots, instruments = re.split(r"^(?:slots|instruments):\n", described, flags=re.MULTILINE)
    of_first = [re.search(r"^  - id: slot-1\n(?:    .*\n)+", slots, re.MULTILINE)[0]]
    of_first += ["".join(re.findall(r"^  \w+-1:\n(?:    .*\n)+", instruments, re.MULTILINE))]
    copies = ["".join(one.replace("-1", f"-{number}") for number in range(1, boards + 1)) for one in of_first]
    return with_free_ports(f"{head}slots:\n{copies[0]}\ninstruments:\n{copies[1]}")


class Soak:
    """One station, everybody who works with it, and everything that goes wrong."""

    def __init__(self, station: FaultStation, seed: int, only: Sequence[str] = (), each: int | None = None) -> None:
        self.station, self.seed = station, seed
        self.dice = random.Random(seed)
        self.faults = RandomFaults(station, random.Random(seed + 1), only, each)
        self.people = People(station, random.Random(seed + 2))
        self.violations: list[str] = []
        self.began = time.monotonic()
        self._checked: set[str] = set()
        self._due: dict[str, float] = {}

    def run(self, minutes: float) -> None:
        """Until the time is up or enough faults have struck; then calm, and every promise once more."""
        turns = {
            "busy": (BUSY_EVERY_S, self.people.keep_busy),
            "meddle": (MEDDLE_EVERY_S, self.people.meddle),
            "fault": (FAULT_EVERY_S, self.faults.strike),
            "tell": (TELL_EVERY_S, self._tell),
        }
        while time.monotonic() - self.began < minutes * 60 and not self.faults.over:
            self.faults.heal()
            for name, (every_s, act) in turns.items():
                self._when_due(name, every_s, act)
            time.sleep(0.02)
        self._calm()

    def _when_due(self, name: str, every_s: tuple[float, float], act: Callable[[], object]) -> None:
        if self._due.get(name, 0.0) > time.monotonic():
            return
        if self.faults.database_is_away and name in ("busy", "meddle"):
            act = self.people.press_anyway  # nobody else is answered; whoever runs goes on
        with contextlib.suppress(psycopg.OperationalError):
            act()
            if name == "busy" and not self.faults.database_is_away:
                self.people.tidy()
        self._due[name] = time.monotonic() + self.dice.uniform(*every_s)

    def _tell(self) -> None:
        if not self.faults.database_is_away:
            self.check("stories", self._check_ended)
            self.check("idle outputs", self._check_idle)
        minutes = (time.monotonic() - self.began) / 60
        ends = ", ".join(f"{end} {count}" for end, count in sorted(self._ends().items()))
        told = f"{minutes:5.1f} min  {self.faults.done.total()} faults  {ends}  {len(self.violations)} violations"
        sys.stdout.write(told + "\n")
        sys.stdout.flush()

    def check(self, name: str, check: Callable[[], object]) -> None:
        try:
            check()
        except AssertionError as error:
            self.violations.append(f"{name}: {error}")
            sys.stdout.write(f"VIOLATION {self.violations[-1]}\n")

    def _check_ended(self) -> None:
        """A batch that has ended never changes: its story is complete."""
        check_streams(self.station)
        ended = ", ".join(f"'{state}'" for state in TERMINAL)
        rows = self.station.installation.query(f"SELECT id FROM control_batch WHERE state IN ({ended})")
        for batch in {str(UUID(str(row[0]))) for row in rows} - self._checked:
            self._checked.add(batch)
            check_story(self.station, UUID(batch))

    def _check_idle(self) -> None:
        """A slot whose guard says that it is safe, before and after we looked, has no output on."""
        for slot in self.station.slots:
            before = self.station.status(slot)
            state = order(self.station.installation.data, ["state"])["state"]
            after = self.station.status(slot)
            calm = before and after and before["pid"] == after["pid"] and before["last"] == after["last"]
            if calm and before["safe"] and after["safe"] and before["run"] is after["run"] is None:
                number = slot.rpartition("-")[2]
                on = [name for name, one in state.items() if name.endswith(f"-{number}") and _is_on(one)]
                assert on == [], f"{slot} is idle and safe, but {on} are on"

    def _calm(self) -> None:
        """Everything heals, what waits is stopped, what runs comes to its end."""
        self.faults.heal(all_of_it=True)
        self.station.bench.calm()
        self.check("the end", self._wait_for_the_end)
        self.check("all promises", lambda: check_invariants(self.station, within_s=CALM_S))
        self.check("processes", lambda: check_processes(self.station))

    def _wait_for_the_end(self) -> None:
        until = time.monotonic() + CALM_S
        while time.monotonic() < until and not self.station.is_settled():
            self.people.go_home()
            self.people.tidy()
            time.sleep(0.5)
        self.station.settle(20)

    def _ends(self) -> Counter[str]:
        sql = "SELECT state, outcome, COUNT(*) FROM control_batch GROUP BY state, outcome"
        return Counter({f"{state}/{outcome}": count for state, outcome, count in self.station.installation.query(sql)})

    def report(self) -> str:
        """Everything at the end, in lines."""
        (events,) = self.station.installation.query("SELECT COUNT(*) FROM control_event")[0]
        (controls,) = self.station.installation.query("SELECT COUNT(*) FROM control_controlevent")[0]
        lines = [
            f"seed        {self.seed}",
            f"faults      {self.faults.done.total()}: {_counted(self.faults.done)}",
            f"batches     {self._ends().total()}: {_counted(self._ends())}",
            f"events      {events:,}, control events {controls:,}",
            f"asked       {_counted(self.people.answers)}",
            *(f"  {count:4} × {said}" for said, count in self._reasons().most_common(12)),
            f"violations  {len(self.violations)}",
        ]
        return "\n".join([*lines, *self.violations])

    def _reasons(self) -> Counter[str]:
        """Why batches did not complete: what nobody expected is found here first."""
        sql = "SELECT state, message FROM control_batch WHERE state <> 'COMPLETED'"
        said = self.station.installation.query(sql)
        return Counter(f"{state}: {re.sub(r'[0-9a-f-]{36}|[0-9]+', '…', message)[:100]}" for state, message in said)


def _is_on(state: dict[str, Any]) -> bool:
    return any(state.get(switch) for switch in ("output", "input", "relay"))


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items()))


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description="Work and faults at random.")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same dice again")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--each", type=int, help="end when each kind of fault has struck so often")
    parser.add_argument("--only", nargs="*", default=[], help="these faults only, for example guard-SIGKILL")
    chosen = parser.parse_args()
    sys.stdout.write(f"seed {chosen.seed}, {chosen.minutes:g} minutes, {chosen.database}\n")
    server = PostgreSQL() if chosen.database == "postgresql" else None
    folder = Path(tempfile.mkdtemp(prefix="gwanje-soak-"))
    soak: Soak | None = None
    try:
        if server is not None:
            server.start()
        installation = Template(folder / "template", server).install(folder / "station")
        soak = Soak(_station(installation, server), chosen.seed, chosen.only, chosen.each)
        soak.run(chosen.minutes)
        soak.check("the ordered end", soak.station.end)
        sys.stdout.write(soak.report() + "\n")
    finally:
        if soak is not None:
            soak.station.take_bench_away()
            soak.station.installation.remove()
        if server is not None:
            server.remove()
    if soak.violations:
        sys.stdout.write(f"Everything that was written is kept in {folder}.\n")
        return 1
    shutil.rmtree(folder)
    return 0


def _station(installation: Installation, server: PostgreSQL | None) -> FaultStation:
    installation.station_file.write_text(with_boards(installation.station_file.read_text(), SLOTS))
    station = FaultStation(installation, server)
    station.slots = tuple(f"demo/slot-{number}" for number in range(1, SLOTS + 1))
    return station.start()


if __name__ == "__main__":
    sys.exit(main())
