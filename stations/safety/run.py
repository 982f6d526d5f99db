"""One run in its slot, from the hand-over of its job to the last line of its spool."""

from __future__ import annotations

import signal
import socket
import time
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Any

from stations.contracts import Ending, Job, SafeProof, Verdict, Wish
from stations.safety import spool_end
from stations.safety.datagrams import ring
from stations.safety.ladder import DEADLINE_GRACE_S, Ladder, Rung
from stations.safety.parking import Runner


class Run:
    """What the guard knows of the run that holds its slot. Without a runner it is over but for its last lines."""

    def __init__(self, name: str, spool: Path, bell: Path) -> None:
        self.name = name
        self.spool = spool
        self.bell = bell
        self.runner: Runner | None = None
        self.job: Job | None = None
        self.ladder: Ladder | None = None
        self.deadline = inf
        self.verdict: Verdict | None = None
        self.ending: Ending | None = None
        self.message = ""
        self.exit_code: int | None = None
        self.killed_at = inf
        self._killing: list[dict[str, Any]] = []
        self._ringer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    @property
    def due(self) -> float:
        """When (monotonic) the guard has to do something about it."""
        if self.runner is None or self.killed_at < inf:
            return inf
        return min(self.deadline + DEADLINE_GRACE_S, self.ladder.due if self.ladder else inf)

    def hand_over(self, job: Job, runner: Runner) -> None:
        """Let the runner begin. A job that does not reach it ends the run at once, instead of never."""
        self.job, self.runner = job, runner
        if not runner.send({"do": "run", "job": job, "spool": str(self.spool), "bell": str(self.bell)}):
            self.kill(Ending.CRASHED, "The job did not reach the runner: its parameters and limits exceed 200 KB.")

    def advance(self, now: float) -> None:
        """Do what is due: kill a runner that let its deadline pass, or take the next rung of a stop."""
        if now >= self.deadline + DEADLINE_GRACE_S:
            self.kill(Ending.TIMEOUT, "The runner did not move on at its deadline and was killed.")
        elif self.ladder is not None and now >= self.ladder.due:
            self._climb(self.ladder, now)

    def ask_to_stop(self, control: str, reason: str, term_grace_s: float) -> None:
        """Begin the ladder; asked again, the first stop stays."""
        if self.ladder is None and self.runner is not None and self.job is not None:
            grace_s = self.job["stop_grace_s"]
            wish = Wish(word="stop", control=control, reason=reason)
            self.ladder = Ladder(wish, grace_s=grace_s, term_grace_s=term_grace_s, now=time.monotonic())
            self.advance(time.monotonic())

    def kill(self, ending: Ending, message: str, control: str = "") -> None:
        """SIGKILL first. The line about it waits until the runner is dead: before that it might land in a torn one."""
        if self.runner is None:
            return
        self.runner.kill()
        self.killed_at = time.monotonic()
        self.ending, self.message = ending, message
        self._killing.append({"k": "ladder", "at": time.time(), **_rung(Rung.KILL, ending, control)})

    def bury(self) -> None:
        """The runner has ended: keep what it said last, and judge how it ended."""
        if self.runner is None:
            return
        last_words = [line for stream in self.runner.output for line in stream.rest()]
        self.exit_code = self.runner.bury()
        self.runner = None
        self.add([*last_words, *self._killing])
        if self.ending is None and self.verdict is not None and self.exit_code == 0:
            self.ending, self.message = Ending.FINISHED, self.verdict["message"]
        elif self.ending is None:
            self.ending, self.message = Ending.CRASHED, f"The runner died by itself: {_how(self.exit_code)}."

    def add_output(self, lines: list[dict[str, Any]]) -> None:
        """Captured output counts towards the spool's limit; what exceeds it is dropped."""
        with suppress(OSError):
            if lines and self.job is not None and self.spool.stat().st_size < self.job["spool_limit"]:
                self.add(lines)

    def add(self, lines: list[dict[str, Any]]) -> None:
        """Add lines in mid-story. A full disk takes none, and the runner has noticed that already."""
        try:
            spool_end.append(self.spool, lines)
        except OSError:
            return
        ring(self._ringer, self.bell)

    def close(self, safe: bool | None, proof: SafeProof | None) -> bool:
        """Write the safe state and the very last line. False when the disk does not take them: try again later."""
        lines: list[dict[str, Any]] = [
            {
                "k": "batch.ended",
                "why": self.ending or Ending.LOST,
                "exit_code": self.exit_code,
                "verdict": self.verdict,
                "safe": safe,
                "message": self.message,
            }
        ]
        if proof is not None:
            lines.insert(0, {"k": "safe_state", **proof, "by": "guard"})
        try:
            spool_end.append(self.spool, lines, last=True)
        except FileNotFoundError:
            pass  # somebody removed the spool: nobody is left to tell
        except OSError:
            return False
        ring(self._ringer, self.bell)
        self._ringer.close()
        return True

    def _climb(self, ladder: Ladder, now: float) -> None:
        """Each rung is told before the runner hears of it, so that its answer comes after."""
        rung, control = ladder.climb(now), ladder.wish["control"]
        if rung is Rung.KILL:
            self.kill(ladder.ending, "The grace of a stop ran out and the runner was killed.", control)
        elif self.runner is not None:
            self.add([{"k": "ladder", **_rung(rung, "stop", control)}])
            if rung is Rung.INTERRUPT:
                self.runner.send(ladder.wish)
            self.runner.signal(signal.SIGUSR1 if rung is Rung.INTERRUPT else signal.SIGTERM)


def _rung(rung: Rung, why: str, control: str) -> dict[str, Any]:
    return {"rung": rung, "why": why, "control": control}


def _how(exit_code: int) -> str:
    return f"signal {signal.Signals(-exit_code).name}" if exit_code < 0 else f"exit code {exit_code}"
