"""What can be made to go wrong with one simulated instrument."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Each with what it takes and what it does, for the help of the command line.
FAULTS = {
    "mute": "[on|off]  obeys, but does not answer",
    "slow": "SECONDS  obeys at once, answers late",
    "drop": "breaks the open connections, once",
    "unplug": "refuses connections; a serial port disappears",
    "replug": "ends unplug",
    "wrong_identity": "[on|off]  says it is another instrument",
    "error": "[on|off]  leaves every setting undone and reports an error",
    "one_client": "[on|off]  serves one connection; others wait, as at many LAN ports",
    "stuck_output": "[on|off]  ignores OFF; its read-back tells the truth: on",
    "noise": "AMPLITUDE  readings are off by up to so much, by chance",
    "drift": "VALUE  adds VALUE to every reading, so that limits fail",
    "clear": "ends all faults",
}


@dataclass
class FaultSwitches:
    """All off means: the instrument behaves. `slow_s` delays every answer, `drift` is added to every reading, and
    `noise` is how far a reading may be off by chance. With `stuck_output` what is on stays on, and says so.
    """

    mute: bool = False
    slow_s: float = 0.0
    unplugged: bool = False
    wrong_identity: bool = False
    error: bool = False
    one_client: bool = False
    stuck_output: bool = False
    drift: float = 0.0
    noise: float = 0.0

    def moved(self, is_on: bool, wanted: bool) -> bool:
        """Where an output stands that was told to go to `wanted`."""
        return wanted or (is_on and self.stuck_output)

    def switch(self, fault: str, value: str) -> None:
        """Raises ValueError for a fault that does not exist and for a value that does not fit."""
        if fault in ("mute", "wrong_identity", "error", "one_client", "stuck_output"):
            if value not in ("", "on", "off"):
                raise ValueError(f"{fault} takes on or off, not {value!r}")
            setattr(self, fault, value != "off")
        elif fault in ("slow", "drift", "noise"):
            setattr(self, "slow_s" if fault == "slow" else fault, _number(fault, value))
        elif fault in ("unplug", "replug"):
            self.unplugged = fault == "unplug"
        elif fault == "clear":
            vars(self).update(vars(FaultSwitches()))
        elif fault != "drop":
            raise ValueError(f"there is no fault {fault!r}; choose one of {' '.join(FAULTS)}")


def _number(fault: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"{fault} takes a number, not {value!r}") from None
    if not math.isfinite(number) or (number < 0 and fault != "drift"):
        raise ValueError(f"{fault} takes a number of at least 0, not {value!r}")
    return number
