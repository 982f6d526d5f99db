"""What really happened on the bench: its own record of commands, its physical state, and a second client."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import yaml

from stations.bench.control_socket import order
from stations.drivers.address import tcp_address
from tests.installations import Installation, wait_until

ON = {"OUTP ON", "OUTP 1", "RELAY ON"}
OFF = {"OUTP OFF", "OUTP 0", "RELAY OFF"}


class Bench:
    """The simulated bench of an installation, seen from beside."""

    def __init__(self, installation: Installation) -> None:
        self.data = installation.data
        self.log = installation.paths.bench / "commands.jsonl"
        self.instruments: dict[str, Any] = yaml.safe_load(Path(installation.station_file).read_text())["instruments"]
        self._from = 0

    def forget(self) -> None:
        """Only what is commanded from now on counts."""
        self._from = self.log.stat().st_size if self.log.exists() else 0

    def commands(self, instrument: str = "supply-1") -> list[tuple[float, str]]:
        """When (epoch) an instrument was told what."""
        if not self.log.exists():
            return []
        with self.log.open("rb") as file:
            file.seek(self._from)
            entries = [json.loads(line) for line in file.read().splitlines(keepends=True) if line.endswith(b"\n")]
        return [(entry["at"], entry["command"]) for entry in entries if entry["instrument"] == instrument]

    def last_reply(self, question: str, instrument: str = "supply-1") -> str:
        """What an instrument answered last when it was asked this."""
        entries = [json.loads(line) for line in self.log.read_text().splitlines()]
        wanted = (instrument, question)
        return [entry["reply"] for entry in entries if (entry["instrument"], entry["command"]) == wanted][-1]

    def switching(self, instrument: str = "supply-1") -> list[str]:
        """Only its ONs and OFFs."""
        return ["on" if text in ON else "off" for _, text in self.commands(instrument) if text in ON | OFF]

    def off_after(self, moment: float, instrument: str = "supply-1", within_s: float = 12.0) -> float:
        """Seconds from `moment` (epoch) to the first OFF that reached the instrument after it."""
        found = wait_until(
            lambda: [at for at, text in self.commands(instrument) if text in OFF and at >= moment],
            within_s,
            f"OFF at {instrument}",
        )
        return float(found[0]) - moment

    def is_on(self, instrument: str = "supply-1") -> bool:
        state = order(self.data, ["state"])["state"][instrument]
        return any(state.get(switch) for switch in ("output", "input", "relay"))

    def left_on(self) -> list[str]:
        return [name for name in self.instruments if self.is_on(name)]

    def fault(self, *words: str) -> None:
        answer = order(self.data, list(words))
        assert answer["ok"], answer

    def calm(self) -> None:
        for name in self.instruments:
            self.fault(name, "clear")

    def read_back(self, question: str = "OUTP?", instrument: str = "supply-1") -> str:
        """What a second client of its own is answered."""
        address = tcp_address(self.instruments[instrument]["resource"])
        assert address is not None
        with socket.create_connection(address, timeout=5) as client:
            client.sendall(question.encode() + b"\n")
            return client.makefile("r").readline().strip()


def held_by(file: Path) -> int | None:
    """The process that holds the lock on a file, as the kernel tells."""
    try:
        inode = file.stat().st_ino
    except FileNotFoundError:
        return None
    for line in Path("/proc/locks").read_text().splitlines():
        fields = line.split()
        if fields[1] == "FLOCK" and fields[5].endswith(f":{inode}") and "->" not in fields:
            return int(fields[4])
    return None
