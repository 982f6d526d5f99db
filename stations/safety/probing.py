"""The health of a slot's instruments, as its guard knows it: a parked runner looks for them while the slot is idle."""

from __future__ import annotations

import time
from math import inf
from pathlib import Path

from stations.contracts import InstrumentHealth, InstrumentSettings, SafeProof
from stations.safety.parking import Runner

BUDGET_S = 0.9
# Whoever looks keeps to the budget by itself; what is heard later than this counts no more.
OVERRUN_S = 0.5
# One lost answer proves nothing: it is asked for once more, soon, before anybody is told.
AGAIN_S = 0.5
# What is not there is looked for more often than what is: whoever has plugged it in waits for that.
BACK_S = 1.0


class Prober:
    """Looks for the instruments of one slot every `every_s` seconds. Never in the way of a run or of the safe state."""

    def __init__(
        self, instruments: dict[str, InstrumentSettings], every_s: float, locks: Path, safe_budget_s: float = 0.0
    ) -> None:
        """`locks`: the folder of the instruments' lock files. What is in use by another slot is not looked for.

        Whose instruments need longer to confirm their safe state gives them as long (`safe_budget_s`) to be found.
        """
        self.budget_s = max(BUDGET_S, safe_budget_s - 0.1)
        self.instruments = {one["name"]: one for one in instruments.values()}
        self.locks = str(locks)
        self.every_s = every_s
        self.health: dict[str, InstrumentHealth] = {}
        self.at_work: Runner | None = None
        self.overdue_at = inf
        self.due_at = 0.0 if self.instruments and every_s < inf else inf
        self._suspected: set[str] = set()

    def begin(self, parked: Runner) -> None:
        """Let a parked runner do it. What is not known to be well also has to check itself."""
        self.at_work = parked
        self.overdue_at = time.monotonic() + self.budget_s + OVERRUN_S
        order = {"do": "probe", "instruments": list(self.instruments.values()), "budget_s": self.budget_s}
        if not parked.send({**order, "locks": self.locks, "thorough": not self._all_well()}):
            self.cut_short()

    def conclude(self, found: dict[str, InstrumentHealth]) -> None:
        """Note what came of it."""
        self.at_work, self.overdue_at = None, inf
        wrong = {name for name, health in found.items() if health["error"]}
        news = wrong - self._suspected - self._known_wrong()
        self._suspected = wrong
        self.health |= {name: health for name, health in found.items() if name not in news}
        pause_s = AGAIN_S if news else BACK_S if wrong else inf
        self.due_at = time.monotonic() + min(self.every_s, pause_s)

    def note_silence(self, proof: SafeProof) -> None:
        """What said nothing while it was made safe is not there. Nobody looks while that is tried again and again."""
        if self.due_at == inf:
            return
        for name, one in proof["instruments"].items():
            if not one["confirmed"] and not one["read"] and name not in self._known_wrong():
                self.health[name] = _unknown(one["error"] or f"Instrument {name} did not answer.")

    def give_up(self) -> None:
        """Nothing was heard: whoever looked has died over one of the instruments, and nobody knows which."""
        problem = "could not be asked: whoever asked was lost over one of the slot's instruments"
        self.conclude({name: _unknown(f"Instrument {name} {problem}.") for name in self.instruments})

    def cut_short(self) -> None:
        """Something more important needs the runner, which ends the look by itself. What was known stays."""
        if self.at_work is not None:
            self.at_work, self.overdue_at = None, inf
            self.rest()

    def rest(self) -> None:
        """The slot was busy: the next look comes a while later, so that the next run need not wait for it."""
        if self.due_at < inf:
            self.due_at = time.monotonic() + self.every_s

    def _known_wrong(self) -> set[str]:
        return {name for name, health in self.health.items() if health["error"]}

    def _all_well(self) -> bool:
        return len(self.health) == len(self.instruments) and not self._known_wrong()


def _unknown(error: str) -> InstrumentHealth:
    return InstrumentHealth(present=False, identity="", error=error, took_ms=0.0, at=time.time())
