"""A simulated board under test on a serial line: a processor, and a serial adapter with a relay of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stations.bench.circuit import BOOT_S, Circuit
from stations.bench.fault_switches import FaultSwitches
from stations.bench.readout import Readout

# Seconds after power came, and what the processor writes then.
BOOT_LOG = (
    (0.010, "bootloader 1.0, reset by power-on"),
    (0.060, "memory: 512 KiB ok"),
    (0.140, "flash: image 1.0 ok"),
    (0.220, "sensors: 1 found"),
    (BOOT_S, "DEMO-BOARD ready"),
)
AMBIENT_DEGC = 24.0
DEGC_PER_WATT = 6.0


# Seconds from now, a line, and whether it is still to be said then.
TellLater = Callable[[float, str, Callable[[], bool]], None]


class Board:
    """The adapter (ECHO, RELAY) lives on the serial line's own power. The processor answers only when the board has
    power and has booted; it forgets LED and MODE when the power goes.
    """

    def __init__(self, name: str, circuit: Circuit, faults: FaultSwitches, serial_number: str) -> None:
        self.circuit = circuit
        self.faults = faults
        self.serial_number = serial_number or name
        self.tell_later: TellLater | None = None
        self._readout = Readout(name, faults)
        circuit.on_power = self._boot

    def handle(self, line: str) -> str | None:
        """Obey one line. Every command is answered, with OK or ERR; None means that nobody is there to answer."""
        word, _, text = line.strip().partition(" ")
        word, upper = word.upper(), text.strip().upper()
        if self.faults.error and word != "ECHO" and not word.endswith("?"):
            return "ERR execution"
        if word == "ECHO":
            return text
        if word == "RELAY?":
            return "ON" if self.circuit.knobs.relay else "OFF"
        if word == "RELAY":
            return self._switch_relay(upper)
        return self._processor(word, upper) if self.circuit.booted else None

    def _switch_relay(self, text: str) -> str:
        if text not in ("ON", "OFF"):
            return "ERR parameter"
        self.circuit.turn(relay=self.faults.moved(self.circuit.knobs.relay, text == "ON"))
        return "OK"

    def _boot(self) -> None:
        """The processor tells its serial line how it comes up, unasked, for as long as it has power."""
        since = self.circuit.powered_since
        for at, text in BOOT_LOG:
            if self.tell_later is not None:
                self.tell_later(at, f"[{at:9.6f}] {text}", lambda: self.circuit.powered_since == since)

    def _processor(self, word: str, text: str) -> str:
        if word == "LED" and text in ("ON", "OFF"):
            self.circuit.turn(led=text == "ON")
            return "OK"
        if word == "MODE" and text in ("IDLE", "ACTIVE"):
            self.circuit.turn(active=text == "ACTIVE")
            return "OK"
        answers = {
            "*IDN?": "ACME,WRONG-BOARD,0,0.0" if self.faults.wrong_identity else self._identity(),
            "SERIAL?": self.serial_number,
            "SELFTEST?": "PASS" if self.circuit.point.rail_3v3 > 3.0 else "FAIL",
            "LED?": "ON" if self.circuit.knobs.led else "OFF",
            "MODE?": "ACTIVE" if self.circuit.knobs.active else "IDLE",
        }
        if word == "TEMP?":
            return self._temperature()
        return answers.get(word, "ERR command")

    def _identity(self) -> str:
        return f"Gwanje,DEMO-BOARD,{self.serial_number},1.0"

    def _temperature(self) -> str:
        point = self.circuit.point
        watts = point.input_volts * point.supply_amps - point.rail_3v3 * point.load_amps
        return self._readout(AMBIENT_DEGC + DEGC_PER_WATT * watts, 0.05)

    def state(self) -> dict[str, Any]:
        point = self.circuit.point
        return {
            "powered": self.circuit.powered_since is not None,
            "booted": self.circuit.booted,
            "relay": self.circuit.knobs.relay,
            "input_volts": point.input_volts,
            "rail_3v3": point.rail_3v3,
            "rail_1v8": point.rail_1v8,
        }
