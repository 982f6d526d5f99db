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
from stations.safety.ladder import Ladder, Rung
from stations.safety.limit_watch import Exceeded, LimitWatch
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
        self.limits: LimitWatch | None = None
        self.deadline = inf
        self.verdict: Verdict | None = None
        self.ending: Ending | None = None
        self.message = ""
        self.exit_code: int | None = None
        self.killed_at = inf
        self._killing: list[dict[str, Any]] = []
        self._unwritten: list[dict[str, Any]] = []
        self._ringer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    @property
    def due(self) -> float:
        """When (monotonic) the guard has to do something about it."""
        if self.runner is None or self.killed_at < inf:
            return inf
        rung, look = self.ladder.due if self.ladder else inf, self.limits.due if self.limits else inf
        return min(self._kill_at, rung, look)

    @property
    def _kill_at(self) -> float:
        """When the runner, which ends its own step at the deadline, does not listen any more."""
        return self.deadline + (self.job["deadline_grace_s"] if self.job else 0.0)

    def hand_over(self, job: Job, runner: Runner, limits: LimitWatch) -> None:
        """Let the runner begin. A job that does not reach it ends the run at once, instead of never."""
        self.job, self.runner, self.limits = job, runner, limits
        if not runner.send({"do": "run", "job": job, "spool": str(self.spool), "bell": str(self.bell)}):
            self.kill(Ending.CRASHED, "The job did not reach the runner: its parameters and limits exceed 200 KB.")

    def advance(self, now: float) -> None:
        """Do what is due: kill a runner that let its deadline pass, look at its limits, or take the next rung."""
        if now >= self._kill_at:
            self.kill(Ending.TIMEOUT, "The runner did not move on at its deadline and was killed.")
        elif self.limits is not None and now >= self.limits.due and (exceeded := self.limits.look(now)):
            self._end_for(exceeded)
        elif self.ladder is not None and now >= self.ladder.due:
            self._climb(self.ladder, now)

    def ask_to_end(self, wish: Wish, ending: Ending = Ending.STOP_EXPIRED) -> None:
        """Begin the ladder; asked again, the first wish stays. `ending` is that of a run that has to be killed."""
        if self.ladder is None and self.runner is not None and self.job is not None:
            grace_s, term_grace_s, now = self.job["stop_grace_s"], self.job["term_grace_s"], time.monotonic()
            self.ladder = Ladder(wish, ending, grace_s=grace_s, term_grace_s=term_grace_s, now=now)
            self._climb(self.ladder, now)

    def kill(self, ending: Ending, message: str, control: str = "") -> None:
        """SIGKILL first. The line about it waits until the runner is dead: before that it might land in a torn one."""
        if self.runner is None:
            return
        self.runner.kill()
        self.killed_at = time.monotonic()
        self.ending, self.message = ending, message
        self._killing.append({"k": "ladder", "at": time.time(), **_rung(Rung.KILL, ending, control)})

    def take_verdict(self, verdict: Verdict) -> None:
        """The runner's last word, and the lines that its spool had no room for."""
        self._unwritten = verdict.pop("unwritten", [])
        self.verdict = verdict

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
        """Write what the disk did not take, the safe state and the very last line. False: still no room, try again."""
        lines: list[dict[str, Any]] = [
            *(dict(line) for line in self._unwritten),
            {
                "k": "batch.ended",
                "why": self.ending or Ending.LOST,
                "exit_code": self.exit_code,
                "verdict": self.verdict,
                "safe": safe,
                "message": self.message,
            },
        ]
        if proof is not None:
            lines.insert(-1, {"k": "safe_state", **proof, "by": "guard"})
        try:
            spool_end.append(self.spool, lines, last=True)
        except FileNotFoundError:
            pass  # somebody removed the spool: nobody is left to tell
        except OSError:
            return False
        ring(self._ringer, self.bell)
        self._ringer.close()
        return True

    def _end_for(self, exceeded: Exceeded) -> None:
        """A run that has ended already needs no limits any more."""
        if self.verdict is not None:
            return
        if exceeded.kill:
            self.kill(Ending.LIMIT, exceeded.sentence)
        else:
            self.ask_to_end(Wish(word="limit", control="", reason=exceeded.sentence), Ending.LIMIT)

    def _climb(self, ladder: Ladder, now: float) -> None:
        """Each rung is told before the runner hears of it, so that its answer comes after."""
        rung, control = ladder.climb(now), ladder.wish["control"]
        if rung is Rung.KILL:
            limit = ladder.ending is Ending.LIMIT
            message = ladder.wish["reason"] if limit else "The grace of a stop ran out and the runner was killed."
            self.kill(ladder.ending, message, control)
        elif self.runner is not None:
            patience = {"patience_s": round(ladder.due - now, 3)}
            self.add([{"k": "ladder", **_rung(rung, ladder.wish["word"], control), **patience}])
            # Where the wish finds no room behind others that the runner has not read, SIGTERM needs none.
            heard = rung is Rung.INTERRUPT and self.runner.send(ladder.wish)
            self.runner.signal(signal.SIGUSR1 if heard else signal.SIGTERM)


def _rung(rung: Rung, why: str, control: str) -> dict[str, Any]:
    return {"rung": rung, "why": why, "control": control}


def _how(exit_code: int) -> str:
    return f"signal {signal.Signals(-exit_code).name}" if exit_code < 0 else f"exit code {exit_code}"
