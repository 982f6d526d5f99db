"""The circuit on a simulated bench: supply, wires, board with two regulated rails, load. Solved by Ohm's law."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

WIRE_OHM = 0.08  # both leads together
DROPOUT_VOLTS = 0.3  # the 3.3 V regulator needs this much more at its input
RAIL_OHM = 0.04  # output resistance of the regulator: why a rail sags under load
CORE_OHM = 66.0  # what the board itself takes from 3.3 V: 50 mA
CORE_1V8_OHM = 36.0  # and from 1.8 V, which is made from 3.3 V: 50 mA
ACTIVE_OHM = 33.0  # on top while its mode is ACTIVE: 100 mA
LED_OHM = 660.0
ACTUATOR_OHM = 47.0  # at the board's input, switched by the relay
LOAD_ON_OHM = 0.05  # an electronic load cannot draw more than its closed transistor lets through
UNDERVOLTAGE = 4.0  # below this at its input the board's processor has no power
BOOT_S = 0.3


@dataclass(frozen=True)
class Knobs:
    """What the instruments around the board are set to."""

    output: bool = False
    volts: float = 0.0
    current_limit: float = 1.0
    load: bool = False
    load_amps: float = 0.0
    relay: bool = False
    active: bool = False
    led: bool = False


@dataclass(frozen=True)
class OperatingPoint:
    """Voltages (V) and currents (A) that follow from the knobs."""

    supply_volts: float = 0.0
    supply_amps: float = 0.0
    input_volts: float = 0.0
    rail_3v3: float = 0.0
    rail_1v8: float = 0.0
    load_amps: float = 0.0
    limiting: bool = False


class Circuit:
    """One board with everything that is wired to it."""

    def __init__(self) -> None:
        self.knobs = Knobs()
        self.point = OperatingPoint()
        self.powered_since: float | None = None
        self.on_power: Callable[[], None] = lambda: None  # called when the board gets power

    def turn(self, **knobs: float | bool) -> None:
        """Set some knobs and find the new operating point."""
        self.knobs = replace(self.knobs, **knobs)  # type: ignore[arg-type]
        self.point = solve(self.knobs)
        if self.point.input_volts < UNDERVOLTAGE:
            self.powered_since = None
            self.knobs = replace(self.knobs, active=False, led=False)  # the processor forgets
            self.point = solve(self.knobs)
        elif self.powered_since is None:
            self.powered_since = time.monotonic()
            self.on_power()

    @property
    def booted(self) -> bool:
        return self.powered_since is not None and time.monotonic() - self.powered_since >= BOOT_S


def solve(knobs: Knobs) -> OperatingPoint:
    """The highest board voltage at which neither the set voltage nor the current limit is exceeded.

    The board's current grows with its voltage, so halving the interval finds it; 40 halvings leave a picovolt.
    """
    if not knobs.output:
        return OperatingPoint()
    low, high = 0.0, knobs.volts
    for _ in range(40):
        middle = (low + high) / 2
        amps = _board_at(knobs, middle).supply_amps
        if amps <= knobs.current_limit and middle + amps * WIRE_OHM <= knobs.volts:
            low = middle
        else:
            high = middle
    point = _board_at(knobs, low)
    return replace(point, limiting=point.supply_amps > knobs.current_limit - 1e-6)


def _switched_siemens(knobs: Knobs) -> float:
    return (1 / ACTIVE_OHM if knobs.active else 0.0) + (1 / LED_OHM if knobs.led else 0.0)


def _board_at(knobs: Knobs, volts: float) -> OperatingPoint:
    regulated = min(3.3, max(0.0, volts - DROPOUT_VOLTS))
    rail_1v8 = min(1.8, regulated)
    load_amps = min(knobs.load_amps, regulated / (LOAD_ON_OHM + RAIL_OHM)) if knobs.load else 0.0
    own_amps = regulated / CORE_OHM + rail_1v8 / CORE_1V8_OHM + regulated * _switched_siemens(knobs)
    rail_amps = load_amps + own_amps
    # Linear regulators: what leaves at the rail has entered at the input.
    amps = rail_amps + (volts / ACTUATOR_OHM if knobs.relay else 0.0)
    return OperatingPoint(
        supply_volts=volts + amps * WIRE_OHM,
        supply_amps=amps,
        input_volts=volts,
        rail_3v3=max(0.0, regulated - rail_amps * RAIL_OHM),
        rail_1v8=rail_1v8,
        load_amps=load_amps,
    )
