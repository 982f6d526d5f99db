"""What has happened in a run so far, and the verdict that follows from it."""

from __future__ import annotations

from typing import Any

from sequences.outcomes import VERDICTS, Happening, worse
from stations.contracts import Verdict


class Judgement:
    """Remembers the worst that happened, its message, and the first step that failed."""

    def __init__(self) -> None:
        self.worst = Happening.ALL_PASSED
        self.message = "Every step passed."
        self.cause: str | None = None
        self.marginal = False

    def note(self, happening: Happening, message: str, cause: str | None = None) -> None:
        if self.cause is None:
            self.cause = cause
        if worse(self.worst, happening) is not self.worst:
            self.worst = happening
            self.message = message

    def verdict(self, result: Any = None) -> Verdict:
        ending, outcome = VERDICTS[self.worst]
        return Verdict(
            ending=ending,
            outcome=outcome.value,
            message=self.message,
            cause=self.cause,
            marginal=self.marginal,
            result=result,
        )
