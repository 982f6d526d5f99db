"""One slot under its guard: a parked runner, at most one run, and the safe state between them. Never waits."""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from math import inf
from pathlib import Path
from selectors import EVENT_READ, BaseSelector
from typing import Protocol

from stations.contracts import Ending, GuardStatus, Job, Latch, SafeReason, SlotSettings, WardenSettings
from stations.paths import StationPaths
from stations.safety.captured import CapturedOutput
from stations.safety.durable import read_json, write_json
from stations.safety.keeping_safe import SafeKeeper
from stations.safety.latch import latch_slot, read_latch
from stations.safety.limit_watch import LimitWatch
from stations.safety.logs import complain
from stations.safety.parking import Runner
from stations.safety.probing import Prober
from stations.safety.processes import ProcessMark, kill_strays, strays
from stations.safety.run import Run
from stations.safety.slot_story import SlotStory
from stations.safety.spool_end import is_over
from stations.safety.unsafe_mark import UnsafeMark

# A runner that dies while it is parked, or cannot even be started, would do so again at once.
PARK_EVERY_S = 1.0
CLOSE_RETRY_S = 1.0
# A killed runner is gone within microseconds, unless the operating system itself hangs on an instrument.
DEATH_PATIENCE_S = 0.3
# So long the guard stands still for the death of a runner it kills; what follows may have to wait for a disk.
DEATH_WAIT_S = 0.005


class HasFileno(Protocol):
    def fileno(self) -> int: ...


class RunSlot:
    """The state of a slot and every move it can make. The guard's loop calls `advance` when `due` has come."""

    def __init__(
        self, warden: WardenSettings, slot: SlotSettings, paths: StationPaths, selector: BaseSelector, lock: int
    ) -> None:
        self.warden, self.name, self.paths, self.selector, self.lock = warden, slot["slot"], paths, selector, lock
        self.files = paths.slot(self.name)
        self.instruments = slot["instruments"]
        self.keeper = SafeKeeper(self.instruments, warden["safe_budget_s"])
        every_s, budget_s = warden.get("probe_every_s", inf), warden["safe_budget_s"]
        self.prober = Prober(self.instruments, every_s, paths.instrument_locks, budget_s)
        self.unsafe = UnsafeMark(paths, self.name)
        self._story = SlotStory(self.files.story)
        self.run: Run | None = None
        self.parked: Runner | None = None
        self.park_at = 0.0
        self.last: str | None = None
        self.closing = False
        self.unwritten_latch: Latch | None = None
        self._close_at = inf
        self._folders = self.files.socket.with_suffix(".work")
        self._waiting: list[Callable[[], None]] = []
        self._rubbish: list[Path] = []
        self._sweeper: subprocess.Popen[bytes] | None = None

    # What others see

    def latch(self) -> Latch | None:
        """What latches the slot. One that could not be written is written as soon as somebody asks and it can be."""
        if self.unwritten_latch is not None:
            with suppress(OSError):
                latch_slot(self.paths, self.name, self.unwritten_latch)
                self.unwritten_latch = None
        return read_latch(self.paths, self.name) or self.unwritten_latch

    def status(self) -> GuardStatus:
        runner = self.run.runner if self.run else None
        return GuardStatus(
            slot=self.name,
            pid=os.getpid(),
            run=self.run.name if self.run else None,
            runner=runner.pid if runner else None,
            parked=self._ready() is not None,
            safe=self.keeper.safe,
            proof=self.keeper.proof,
            health=self.prober.health,
            latch=self.latch(),
            unsafe=self.unsafe.held,
            closing=self.closing,
            last=self.last,
        )

    def why_wait(self) -> str | None:
        """Why no run can start now; None when one can."""
        if self.closing:
            return "the guard is closing"
        if self.run is not None:
            return f"the slot is busy with run {self.run.name}"
        if self.keeper.safe is False:
            return "the safe state of the slot is not confirmed"
        if self.keeper.safe is None or not self.keeper.settled:
            return "the slot is being made safe"
        if self.unsafe.held is not None:
            return "the safe state of the slot was not confirmed, and nobody has cleared that"
        return None if self._ready() else "no runner is ready yet"

    def tell_when_safe(self, tell: Callable[[], None]) -> None:
        """Call `tell` once, as soon as it is known whether the slot is safe; now, if nothing is under way."""
        if self.keeper.settled:
            tell()
        else:
            self._waiting.append(tell)

    # The moves of a run

    def take_over(self) -> None:
        """First of all make safe, and remember the run that a dead guard left here until that is done."""
        left = (read_json(self.files.state) or {}).get("run")
        spool = self.paths.spool(left) if left else None
        if left and spool is not None and spool.exists() and not is_over(spool):
            self.run = Run(left, spool, self.paths.spool_bell(left))
            self.run.ending, self.run.message = Ending.GUARD_LOST, "The guard of the slot died during the run."
        # The dead guard's runner may have switched off already.
        self.keeper.want(check_first=True, why=SafeReason.START)
        with suppress(OSError):  # a full disk must not keep anybody from making safe
            self._folders.mkdir(mode=0o700, exist_ok=True)
            self._rubbish += self._folders.iterdir()
            self._save(self.run)

    def start(self, job: Job) -> None:
        """Hand a job to the parked runner. Its spool exists, and `why_wait` found no reason. Raises OSError."""
        runner = self._ready()
        if runner is None:
            return
        run = Run(job["run"], self.paths.spool(job["run"]), self.paths.spool_bell(job["run"]))
        pids = partial(self._pids_of_run, runner)
        limits = LimitWatch(job["resources"], pids, runner.output_budget.asked_mb, time.monotonic())
        self._save(run, runner)  # before the runner knows its job: whatever happens, the next guard finds it
        self.prober.cut_short()
        self.parked, self.run = None, run
        locks = str(self.paths.instrument_locks)
        run.hand_over({**job, "instruments": self.instruments, "slot": self.name, "locks": locks}, runner, limits)
        self.park_at = time.monotonic()  # at once: an emergency stop of this run needs it

    def kill(self, ending: Ending, message: str, control: str = "") -> None:
        """Kill the runner, if one lives, and begin to write the safe state before this returns, if at all possible."""
        why = SafeReason.EMERGENCY if ending is Ending.EMERGENCY else SafeReason.LEAVING
        self.keeper.want(check_first=False, why=why, control=control)
        if self.run is not None and (runner := self.run.runner):
            self.run.kill(ending, message, control)
            if select.select([runner.pidfd], [], [], DEATH_WAIT_S)[0]:
                self._ended(runner)
        self.park_at = min(self.park_at, time.monotonic())  # what was killed may have left room for the next
        self.advance(time.monotonic())

    def abandon(self) -> None:
        """Nothing brought the slot into its safe state in time: close the run without, loudly."""
        if self.run is not None:
            self.run.kill(Ending.CRASHED, "The guard had to leave, and nothing could make the slot safe.")
            self.run.bury()
        self.keeper.abandon("no runner could be started to make it safe")
        self._safe_known()

    def clear(self) -> None:
        """Before the guard ends: the parked runner goes, and the marks of a guard with it."""
        if self.parked is not None:
            self.parked.kill()
            self.parked.bury()
            self._discard(self.parked)
            self._sweep()
        self.files.socket.unlink(missing_ok=True)

    # The clockwork

    @property
    def due(self) -> float:
        return min(
            self.run.due if self.run else inf,
            self.run.killed_at + DEATH_PATIENCE_S if self.run and self.run.runner and self.keeper.wanted else inf,
            self._close_at,
            self.keeper.overdue_at,
            self.keeper.retry_at,
            self.prober.overdue_at,
            self.prober.due_at if self._may_probe() else inf,
            self.park_at if self.parked is None else inf,
        )

    def advance(self, now: float) -> None:
        """Do everything that is due."""
        if self.run is not None and now >= self.run.due:
            self.run.advance(now)
        if now >= self.keeper.overdue_at:
            self.keeper.overdue()
            self._safe_known()
        if now >= self.keeper.retry_at:
            self.keeper.want(check_first=False)
        if now >= self._close_at:
            self._close_run()
        if self.keeper.wanted and self._may_make_safe(now):
            self._make_safe()
        if self.parked is None and now >= self.park_at:
            self._park()
        if now >= self.prober.overdue_at:
            self.prober.give_up()
        if now >= self.prober.due_at and self._may_probe() and (runner := self._ready()):
            self.prober.begin(runner)
        if self._sweeper is not None and self._sweeper.poll() is not None:
            self._sweep()

    def _may_make_safe(self, now: float) -> bool:
        """Only when no runner holds the instruments, or one that does not die although it was killed."""
        return self.run is None or self.run.runner is None or now >= self.run.killed_at + DEATH_PATIENCE_S

    def _make_safe(self) -> None:
        if not self.keeper.instruments:
            self.keeper.conclude_without_instruments()
            self._safe_known()
        elif runner := self._ready():
            self.prober.cut_short()
            self.keeper.begin(runner)

    def _may_probe(self) -> bool:
        """Only between runs, and when nothing of safety is under way or due before a look would be over."""
        if self.run is not None or self.closing or not self.keeper.settled or self._ready() is None:
            return False
        return self.prober.at_work is None and time.monotonic() + self.prober.budget_s < self.keeper.retry_at

    def _safe_known(self) -> None:
        """The safe state has been made, or could not be: whoever waited for that goes on."""
        if self.parked is not None and self.parked.ready and not self.keeper.safe:
            self.parked.kill()  # it may still be busy with the dead instrument: the next try gets a fresh one
        if not self.keeper.settled:
            return  # somebody asked once more meanwhile
        self._keep_proof()
        waiting, self._waiting = self._waiting, []
        for tell in waiting:
            tell()
        self._close_run()
        self._sweep()

    def _keep_proof(self) -> None:
        """What is not confirmed marks the slot. Beside a run, whose spool tells it, the slot's own story does."""
        if not self.keeper.instruments or self.keeper.proof is None:
            return
        self.unsafe.note(self.keeper.proof, self.keeper.why)
        if self.run is None and self.keeper.is_news:
            self._story.tell_safe_state(self.keeper.proof, self.keeper.why, self.keeper.control)
        self._story.write()

    def _close_run(self) -> None:
        if self.run is None or self.run.runner is not None:
            return
        proof = self.keeper.proof if self.keeper.instruments else None
        if not self.run.close(self.keeper.safe, proof):
            self._close_at = time.monotonic() + CLOSE_RETRY_S
            return
        self._close_at = inf
        self.last, self.run = self.run.name, None
        self.prober.rest()
        with suppress(OSError):
            self._save()

    # Runners

    def _ready(self) -> Runner | None:
        """The parked runner, when it waits for work."""
        runner = self.parked
        return runner if runner is not None and runner.ready and runner is not self.keeper.at_work else None

    def _park(self) -> None:
        try:
            drivers = sorted(
                {each["driver"] for each in self.instruments.values()}
            )  # which it loads before it is ready
            runner = Runner([*self.warden["runner"], *drivers], self.warden["import_path"], self.lock, self._folders)
        except OSError as error:  # no memory, no process or no file left for it: there may be soon
            complain(f"no runner can be started: {error}")
            self.park_at = time.monotonic() + PARK_EVERY_S
            return
        self.parked = runner
        self.selector.register(runner.socket, EVENT_READ, lambda: self._hear(runner))
        self.selector.register(runner.pidfd, EVENT_READ, lambda: self._ended(runner))
        for stream in runner.output:
            self.selector.register(stream, EVENT_READ, partial(self._capture, runner, stream))

    def _hear(self, runner: Runner, at_most: int = 64) -> None:
        for message in runner.messages(at_most):
            kind, content = message[:1], message[1:]
            if not kind:
                self._ignore(runner.socket)  # its end is heard of through its pidfd
            elif kind == b"r":
                runner.ready = True
            elif kind == b"s" and runner is self.keeper.at_work:
                self.keeper.conclude(proof := json.loads(content))
                self.prober.note_silence(proof)
                self._safe_known()
            elif kind == b"p":
                if runner is self.prober.at_work:  # else it was cut short in this very moment
                    self.prober.conclude(json.loads(content))
            elif self.run is not None and runner is self.run.runner:
                if kind == b"d":
                    self.run.deadline = float(content or "inf")
                elif kind == b"v":
                    self.run.take_verdict(json.loads(content))

    def _capture(self, runner: Runner, stream: CapturedOutput) -> None:
        lines = stream.lines()
        if stream.closed:
            self._ignore(stream)
        if self.run is not None and runner is self.run.runner:
            self.run.add_output(lines)
        else:
            for line in lines:
                complain(f"parked runner: {line['message']}")

    def _ended(self, runner: Runner) -> None:
        self._hear(runner, at_most=100_000)  # the last message is its verdict
        self._ignore(runner.socket)
        self._ignore(runner.pidfd)
        for stream in runner.output:
            self._ignore(stream)
        if self.run is not None and runner is self.run.runner:
            self.run.bury()
            why = None if self.run.ending in (Ending.EMERGENCY, Ending.WARDEN_LOST) else SafeReason.RUN
            self.keeper.want(check_first=self.run.ending is Ending.FINISHED, why=why)
        else:
            self._unpark(runner)
        if self.run is None or self.run.runner is None:  # of a run that goes on, they are not strays
            kill_strays(keep=self._own_children())
        self._discard(runner)

    def _own_children(self) -> set[int]:
        runner = self.run.runner if self.run else None
        return {child.pid for child in (self.parked, runner, self._sweeper) if child}

    def _pids_of_run(self, runner: Runner) -> list[int]:
        """Its runner, and what left that one: orphans of a run become children of its guard."""
        return [runner.pid, *strays(keep=self._own_children())]

    def _ignore(self, source: HasFileno | int) -> None:
        if source in self.selector.get_map():
            self.selector.unregister(source)

    def _unpark(self, runner: Runner) -> None:
        if runner is self.keeper.at_work:
            self.keeper.give_up("the runner that should make it safe died")
            self._safe_known()
        if runner is self.prober.at_work:
            self.prober.cut_short()
        runner.bury()
        self.parked = None
        self.park_at = runner.since + PARK_EVERY_S

    # Traces on the disk

    def _save(self, run: Run | None = None, runner: Runner | None = None) -> None:
        """Who is at work here, for the next guard and for the emergency stop. Raises OSError."""
        guard, mark = ProcessMark.of(os.getpid()), runner and runner.mark
        state = {"guard": guard and guard.dump(), "run": run and run.name, "runner": mark and mark.dump()}
        write_json(self.files.state, state, sync=False)

    def _discard(self, runner: Runner) -> None:
        if runner.folder is not None:
            self._rubbish.append(runner.folder)

    def _sweep(self) -> None:
        """Remove the folders of dead runners, however much they left in them, without waiting."""
        if self._sweeper is not None and self._sweeper.poll() is None:
            return  # the next one takes the rest
        self._sweeper = None
        if self._rubbish:
            command = ["rm", "-rf", "--one-file-system", "--", *map(str, self._rubbish)]
            with suppress(OSError):  # it stays for the next time
                self._sweeper = subprocess.Popen(command, stdin=subprocess.DEVNULL)
                self._rubbish = []
