"""A simulated bench of one's own: a child process at free addresses, which ends with whoever started it."""

from __future__ import annotations

import copy
import json
import os
import secrets
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from stations.bench.control_socket import order
from stations.contracts import InstrumentSettings
from stations.drivers.loading import ANY
from stations.drivers.safe_state import make_safe
from stations.station_file import Slot, Station, read_station_file

HOUSE = Path(__file__).resolve().parents[2]
DEMO = Path(__file__).with_name("demo.yaml")
READY_S = 15.0
END_S = 3.0
SAFE_BUDGET_S = 5.0


class BenchFailed(Exception):
    """The bench did not start, or was asked for what it does not have. The sentence says why."""


class OwnBench:
    """Plays every instrument with a `simulation` that a station file describes, between `with` and its end.

    Without a file it is the demo bench: one slot with a supply, a meter, a load and a board. Nothing real is ever
    touched: a slot is given only when all of its instruments are simulated. Instruments are named as in the station
    file, or by the role that they have in the first simulated slot.
    """

    def __init__(self, station_file: Path | str | None = None) -> None:
        """Raises StationFileError."""
        self.station_file = DEMO if station_file is None else Path(station_file).resolve()
        self.station = read_station_file(
            self.station_file, [ANY]
        )  # whoever tries a file at the desk runs its code anyway
        # Made by the bench itself, which removes it when it ends, also when nobody else is left to do it.
        self.folder = Path(tempfile.gettempdir()) / f"gwanje-bench-{os.getpid()}-{secrets.token_hex(4)}"

    def __enter__(self) -> Self:
        ready, tell = os.pipe()
        line, self._lifeline = os.pipe()  # closed by the kernel when this process dies
        command = [sys.executable, "-m", "stations.bench", "--private", "--station-file", str(self.station_file)]
        command += ["--data-dir", str(self.folder), "--ready-fd", str(tell), "--lifeline-fd", str(line)]
        with tempfile.TemporaryFile() as errors:
            self.process = subprocess.Popen(
                command,
                cwd=HOUSE,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                pass_fds=(tell, line),
                start_new_session=True,  # Ctrl-C is for the trial, whose teardown needs the bench
            )
            os.close(tell)
            os.close(line)
            addresses = _told(ready)
            if addresses is None:
                self.close()
                errors.seek(0)
                said = errors.read().decode(errors="replace").strip() or "it said nothing"
                raise BenchFailed(f"The simulated bench did not start: {said}")
        self.station = replace(self.station, instruments=_moved(self.station, addresses))
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove its folder. May be called twice."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        self.process.terminate()
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def slot(self, name: str = "") -> dict[str, InstrumentSettings]:
        """The instruments of a slot by role, at their addresses here; by default of the first simulated slot.

        Raises BenchFailed for a slot that is not there, or has a real instrument.
        """
        chosen = self._slot(name)
        instruments = self.station.instruments
        # A copy: a test may change the options of its own slot.
        return {role: copy.deepcopy(instruments[name].settings()) for role, name in chosen.instruments.items()}

    def fault(self, instrument: str, fault: str, value: str | float = "") -> None:
        """Let an instrument misbehave: mute, slow SECONDS, drop, unplug, replug, wrong_identity, error, drift AMOUNT …

        "clear" ends all faults of an instrument. Raises BenchFailed for a fault or an instrument that does not exist.
        """
        self._order(self._named(instrument), fault, *([str(value)] if value != "" else []))

    def state(self, instrument: str) -> dict[str, Any]:
        """What an instrument really does now, as a witness beside it would see: `state("supply")["output"]`."""
        found: dict[str, Any] = self._order("state")["state"][self._named(instrument)]
        return found

    def commands(self, instrument: str) -> list[str]:
        """Everything that an instrument was told since the bench began or was reset."""
        name = self._named(instrument)
        entries = map(json.loads, (self.folder / "bench" / "commands.jsonl").read_text().splitlines())
        return [entry["command"] for entry in entries if entry["instrument"] == name]

    def reset(self) -> None:
        """No faults, everything in its safe state, nothing told: as at the beginning. Raises BenchFailed."""
        simulated = {
            name: each.settings() for name, each in self.station.instruments.items() if each.simulation is not None
        }
        for name in simulated:
            self._order(name, "clear")
        proof = make_safe(simulated, SAFE_BUDGET_S, allowed=[ANY])
        if not proof["confirmed"]:
            raise BenchFailed(f"The simulated bench did not become safe: {proof['instruments']}")
        os.truncate(self.folder / "bench" / "commands.jsonl", 0)

    def _slot(self, name: str) -> Slot:
        named = [slot for slot in self.station.slots if name in ("", slot.id, f"{self.station.id}/{slot.id}")]
        simulated = [slot for slot in named if not real_instruments(self.station, slot)]
        if simulated:
            return simulated[0]
        if not named:
            known = ", ".join(slot.id for slot in self.station.slots) or "none"
            raise BenchFailed(f"There is no slot {name!r} in {self.station_file}. Known: {known}.")
        real = ", ".join(real_instruments(self.station, named[0]))
        raise BenchFailed(f"Slot {named[0].id} has instruments that are not simulated: {real}.")

    def _named(self, instrument: str) -> str:
        """The name of an instrument that is given by its name or by its role."""
        simulated = [slot for slot in self.station.slots if not real_instruments(self.station, slot)]
        roles = simulated[0].instruments if simulated else {}
        name = roles.get(instrument, instrument)
        if name not in self.station.instruments or self.station.instruments[name].simulation is None:
            known = ", ".join([*roles, *roles.values()]) or "none"
            raise BenchFailed(f"There is no simulated instrument {instrument!r}. Known: {known}.")
        return name

    def _order(self, *words: str) -> dict[str, Any]:
        answer = order(self.folder, list(words))
        if not answer["ok"]:
            raise BenchFailed(answer["error"])
        return answer


def real_instruments(station: Station, slot: Slot) -> list[str]:
    """The instruments of a slot that no bench can play."""
    return [name for name in slot.instruments.values() if station.instruments[name].simulation is None]


def _moved(station: Station, addresses: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: replace(instrument, resource=addresses.get(name, instrument.resource))
        for name, instrument in station.instruments.items()
    }


def _told(ready: int) -> dict[str, str] | None:
    """The addresses; None when the bench died or said nothing in time."""
    told = b""
    with os.fdopen(ready, "rb", buffering=0) as pipe:
        while not told.endswith(b"\n"):
            if not select.select([pipe], [], [], READY_S)[0] or not (part := pipe.read(65536)):
                return None
            told += part
    addresses: dict[str, str] = json.loads(told)
    return addresses
