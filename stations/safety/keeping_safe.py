"""Whether the outputs of a slot are known to be off, and the work of switching them off until they are."""

from __future__ import annotations

import time
from math import inf

from stations.contracts import InstrumentProof, InstrumentSettings, SafeProof, SafeReason
from stations.safety.parking import Runner

RETRY_S = 1.0
# A parked runner keeps to the budget by itself; one that is later than this hangs and is killed.
OVERRUN_S = 0.3
# A runner is parked within a tenth of a second. Whoever needs one for so much longer than the budget gets none.
STARTING_S = 4.0


class SafeKeeper:
    """The safe state of one slot: of its instruments that have one.

    It is made by a parked runner, so that a dead instrument cannot stop the guard.
    """

    def __init__(self, instruments: dict[str, InstrumentSettings], budget_s: float) -> None:
        self.instruments = {role: one for role, one in instruments.items() if one["safe_state"]}
        self.budget_s = budget_s
        self.safe: bool | None = None
        self.proof: SafeProof | None = None
        self.at_work: Runner | None = None
        self.overdue_at = inf
        self.retry_at = inf
        self.why, self.control = SafeReason.START, ""
        self.is_news = False  # what came of it last answers somebody, or differs from what was known
        self._asked = False
        self._wanted = False
        self._check_first = False

    @property
    def settled(self) -> bool:
        """Whether nobody is at it and nothing is asked for."""
        return not self._wanted and self.at_work is None

    @property
    def wanted(self) -> bool:
        return self._wanted and self.at_work is None

    def want(self, *, check_first: bool, why: SafeReason | None = None, control: str = "") -> None:
        """Ask for the safe state. It is written first; `check_first` sends nothing to what is safe already.

        `why`: None for one more try. `control`: the control event that asks for it.
        """
        if why is not None:
            self.why, self.control, self._asked = why, control, True
        if self.at_work is not None and not self._check_first:
            return  # somebody is writing it right now
        self._check_first = check_first and (self._check_first or not self._wanted)
        self._wanted = True
        self.retry_at = inf
        if self.overdue_at == inf:
            self.overdue_at = self._nobody_came_by()

    def begin(self, parked: Runner) -> None:
        """Let a parked runner do it."""
        self._wanted = False
        self.at_work = parked
        self.retry_at = inf
        self.overdue_at = time.monotonic() + self.budget_s + OVERRUN_S
        parked.send(
            {
                "do": "make_safe",
                "instruments": self.instruments,
                "budget_s": self.budget_s,
                "check_first": self._check_first,
            }
        )

    def conclude(self, proof: SafeProof) -> None:
        """What came of it. Without confirmation it is tried again soon, and nothing starts until then."""
        self.at_work = None
        self.overdue_at = self._nobody_came_by() if self._wanted else inf
        self.proof = proof
        self.is_news = self._asked or (self.safe is False and proof["confirmed"])
        self._asked = self._asked and self._wanted
        self.safe = proof["confirmed"]
        self.retry_at = inf if self.safe else time.monotonic() + RETRY_S

    def _nobody_came_by(self) -> float:
        return time.monotonic() + self.budget_s + STARTING_S

    def overdue(self) -> None:
        """Nobody has said in time what was reached."""
        if self.at_work is None:
            self.abandon("no runner could be started to make it safe")
        else:
            self.give_up("the runner that should make it safe hung and was killed")

    def give_up(self, why: str) -> None:
        """Whoever was at it, or should have been, is gone: nobody knows what was reached."""
        names = [instrument["name"] for instrument in self.instruments.values()]
        self.conclude(SafeProof(confirmed=False, instruments={name: _silent(why) for name in names}))

    def abandon(self, why: str) -> None:
        """As `give_up`, with nobody asked to begin now."""
        self._wanted = False
        self.give_up(why)

    def conclude_without_instruments(self) -> None:
        self._wanted = False
        self.conclude(SafeProof(confirmed=True, instruments={}))


def _silent(why: str) -> InstrumentProof:
    return InstrumentProof(confirmed=False, wrote=[], read=[], error=why, took_ms=0.0)
