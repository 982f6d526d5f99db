"""A power supply with one output, on a real TCP port: just enough to see who switched it off, and when."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import Any


class TinySupply:
    """Speaks SCPI on 127.0.0.1. `mute`: hears and obeys nothing; `stuck`: stays on, whatever it is told.

    `one_client`: a second connection waits; `silent_to`: obeys these, without an answer; `deaf_for`: so many questions
    from now on get none.
    """

    def __init__(self, *, one_client: bool = False) -> None:
        self.on = False
        self.mute = False
        self.stuck = False
        self.one_client = one_client
        self.silent_to: tuple[str, ...] = ()
        self.deaf_for = 0
        self.heard: list[tuple[float, int, str]] = []  # when (epoch), on which connection, what
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def settings(self, name: str = "supply", **options: Any) -> dict[str, Any]:
        return {
            "name": name,
            "driver": "stations.drivers.scpi.ScpiInstrument",
            "resource": f"TCPIP::127.0.0.1::{self.port}::SOCKET",
            "options": options,
            "commands": {},
            "safe_state": [{"write": "OUTP OFF", "check": "OUTP?", "expect": "0"}],
        }

    def close(self) -> None:
        self._server.close()

    def times_of(self, command: str) -> list[float]:
        return [at for at, _, heard in self.heard if heard == command]

    def off_after(self, moment: float, within_s: float = 5.0) -> float:
        """Seconds from `moment` (epoch) to the first OFF after it. Fails when none comes."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            if later := [at for at in self.times_of("OUTP OFF") if at >= moment]:
                return later[0] - moment
            time.sleep(0.002)
        raise AssertionError(f"no OFF within {within_s} s; heard {self.heard[-10:]}")

    def _accept(self) -> None:
        number = 0
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                number += 1
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self.one_client:
                    self._serve(client, number)
                else:
                    threading.Thread(target=self._serve, args=(client, number), daemon=True).start()

    def _serve(self, client: socket.socket, number: int) -> None:
        with client, client.makefile("r") as lines, suppress(OSError):
            for line in lines:
                if not self.mute and (answer := self._obey(line.strip(), number)):
                    client.sendall(answer.encode() + b"\n")

    def _obey(self, command: str, number: int) -> str:
        self.heard.append((time.time(), number, command))
        if command in ("OUTP ON", "OUTP OFF"):
            self.on = command.endswith("ON") or (self.on and self.stuck)
        if self.deaf_for and command.endswith("?"):
            self.deaf_for -= 1
            return ""
        if command in self.silent_to:
            return ""
        return {"*IDN?": "Gwanje,Tiny,1,1", "OUTP?": str(int(self.on)), "SYST:ERR?": '0,"No error"'}.get(command, "")
