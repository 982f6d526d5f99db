"""What has happened in a run so far, and the verdict that follows from it."""

from __future__ import annotations

from typing import Any

from sequences.outcomes import VERDICTS, Happening, Outcome, worse
from stations.contracts import Verdict


class Judgement:
    """Remembers the worst that happened, its message, and the first step that failed."""

    def __init__(self) -> None:
        self.worst = Happening.ALL_PASSED
        self.message = "Every step passed."
        self.cause: str | None = None
        self.marginal = False
        self.skipped = 0  # steps, by request
        self.judges = True  # False: what people do by hand passes or fails nothing

    def note(self, happening: Happening, message: str, cause: str | None = None) -> bool:
        """True when it is the worst so far: then the verdict is about it."""
        if self.cause is None:
            self.cause = cause
        if worse(self.worst, happening) is self.worst:
            return False
        self.worst = happening
        self.message = message
        return True

    def verdict(self, result: Any = None) -> Verdict:
        ending, outcome = VERDICTS[self.worst]
        if not self.judges and outcome is Outcome.PASS:
            return Verdict(
                ending=ending, outcome=Outcome.NONE.value, message="", cause=None, marginal=False, result=result
            )
        return Verdict(
            ending=ending,
            outcome=outcome.value,
            message=self._told(),
            cause=self.cause,
            marginal=self.marginal,
            result=result,
        )

    def _told(self) -> str:
        if not self.skipped:
            return self.message
        if self.worst is Happening.ALL_PASSED:
            return f"Every step passed but {self.skipped} skipped by request."
        return f"{self.message} ({self.skipped} skipped by request)"
