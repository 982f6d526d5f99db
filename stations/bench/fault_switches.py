"""What can be made to go wrong with one simulated instrument."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class FaultSwitches:
    """All off means: the instrument behaves. `slow_s` delays every answer, `drift` is added to every reading.

    With `stuck_output` what is on stays on, and says so.
    """

    mute: bool = False
    slow_s: float = 0.0
    unplugged: bool = False
    wrong_identity: bool = False
    error: bool = False
    one_client: bool = False
    stuck_output: bool = False
    drift: float = 0.0

    def moved(self, is_on: bool, wanted: bool) -> bool:
        """Where an output stands that was told to go to `wanted`."""
        return wanted or (is_on and self.stuck_output)

    def switch(self, fault: str, value: str) -> None:
        """Raises ValueError for a fault that does not exist and for a value that does not fit."""
        if fault in ("mute", "wrong_identity", "error", "one_client", "stuck_output"):
            if value not in ("", "on", "off"):
                raise ValueError(f"{fault} takes on or off, not {value!r}")
            setattr(self, fault, value != "off")
        elif fault == "slow":
            self.slow_s = float(value)
        elif fault == "drift":
            self.drift = float(value)
        elif fault in ("unplug", "replug"):
            self.unplugged = fault == "unplug"
        elif fault == "clear":
            vars(self).update(vars(FaultSwitches()))
        elif fault != "drop":
            known = "mute slow drop unplug replug wrong_identity error one_client stuck_output drift clear"
            raise ValueError(f"there is no fault {fault!r}; choose one of {known}")
