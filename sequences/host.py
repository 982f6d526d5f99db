"""What the engine asks of whoever runs it: a place for its story, a guard for its deadlines, and people's wishes."""

from __future__ import annotations

from typing import Any, Protocol

from stations.contracts import Wish


class SpoolFull(OSError):
    """The story cannot take another line. The engine ends the run with its teardown.

    `kept`: the line that met the limit is in the story all the same.
    """

    kept = False


class GuardLost(BaseException):
    """Nobody watches over this run any more. The engine lets go of everything at once, without a teardown."""


class Host(Protocol):
    """The surroundings of one run: the runner's process, or a trial's memory."""

    def emit(self, kind: str, **fields: Any) -> None:
        """Append one line to the story. Raises SpoolFull when it cannot."""

    def announce_deadline(self, at: float | None) -> None:
        """Let the guard end this process one second after `at` (seconds of time.monotonic()); None: not at all."""

    def receive_wish(self, timeout_s: float | None, other: int = -1) -> Wish | None:
        """The next wish, waiting at most `timeout_s` for it; None: as long as it takes. Raises GuardLost.

        Returns early without one when the file `other` can be read.
        """
