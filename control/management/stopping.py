"""Stopping a station in order, told at the terminal as it happens: no new work, runs, outputs, results."""

from __future__ import annotations

from collections.abc import Callable

from stations.contracts import SlotSettings
from stations.paths import StationPaths
from stations.safety import client
from stations.safety.spool_end import last_line

ANSWER_S = 0.3  # a guard that hangs keeps the stop waiting no longer
NOT_KNOWN = "Check the bench before anybody touches it."


class StopStory:
    """What is seen of a stop from outside: guards that answer no more, the last lines of their runs, supervisors."""

    def __init__(
        self,
        paths: StationPaths,
        slots: list[SlotSettings],
        tell: Callable[[str], None],
        warn: Callable[[str], None],
    ) -> None:
        """Before anybody was asked to end. `tell` and `warn` get one sentence each time."""
        self.paths, self.tell, self.warn = paths, tell, warn
        self._instruments = {slot["slot"]: bool(slot["instruments"]) for slot in slots}
        answers = client.statuses(paths, self._instruments, ANSWER_S)
        self._safe = {slot: status["safe"] for slot, status in answers.items()}
        self._runs = {slot: run for slot, status in answers.items() if (run := status["run"])}
        self._left = set(answers)
        self._outputs_told = False
        tell("Stopping. No new work is taken.")
        tell(f"Being stopped, teardown first: {', '.join(sorted(self._runs))}." if self._runs else "Nothing runs.")

    def look(self) -> None:
        """Tell what has happened since the last look."""
        for slot in sorted(slot for slot in self._left if not self.paths.slot(slot).socket.exists()):
            self._ended(slot)
        if not self._left:
            self._tell_outputs()

    def conclude(self) -> None:
        """Everything has ended: tell what no look has seen."""
        for slot in sorted(self._left):
            self._ended(slot)
        self._tell_outputs()
        try:
            late = any(self.paths.supervisors.iterdir())
        except OSError:
            late = False
        if late:
            self.warn("Not every result is in the database yet. The next start brings the rest.")
        elif self._runs:
            self.tell("All results are in the database.")

    def _ended(self, slot: str) -> None:
        self._left.discard(slot)
        if (run := self._runs.get(slot)) is None:
            return
        end = last_line(self.paths.spool(run))
        self._safe[slot] = end.get("safe") if end.get("k") == "batch.ended" else None
        self.tell(f"{slot}: the run has ended.")

    def _tell_outputs(self) -> None:
        """Once. A lane has none."""
        if self._outputs_told:
            return
        self._outputs_told = True
        slots = sorted(slot for slot, has_instruments in self._instruments.items() if has_instruments)
        doubtful = [slot for slot in slots if not self._safe.get(slot)]
        if safe := [slot for slot in slots if slot not in doubtful]:
            self.tell(f"Safe state confirmed: {', '.join(safe)}.")
        if doubtful:
            self.warn(f"Safe state NOT CONFIRMED: {', '.join(doubtful)}. {NOT_KNOWN}")
