"""The warden of a host, a process: `python -m stations.safety.warden CONFIG`.

Keeps one guard per slot and its other children alive. It never waits for a database. Everything it started ends with
it, however it ends.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from math import inf
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

from stations.contracts import ChildSettings, WardenSettings
from stations.lifeline import is_lifeline
from stations.paths import StationPaths
from stations.safety.children import Child, GuardChild, end_children, limit_log, wait_for_ends
from stations.safety.datagrams import Mailbox
from stations.safety.durable import read_json, write_json
from stations.safety.frozen import FrozenWatch
from stations.safety.logs import start_logging
from stations.safety.processes import ProcessMark, become_subreaper, kill_strays
from stations.safety.runtime_folder import remove_runtime

PING_S = 0.2
# A warden that was stopped itself must not take the silence meanwhile for that of the guards.
OWN_PAUSE_S = 0.5
# The safe state comes first: the other children wait for it, but not for ever.
SAFE_FIRST_S = 3.0
# What a dead guard's run has left behind gets this long to switch off by itself.
STRAYS_S = 1.0
LIMIT_LOGS_S = 60.0
GUARDS_GRACE_S, CUT_GRACE_S, IMPORTS_S, CHILDREN_GRACE_S = 9.0, 2.0, 3.0, 3.0

log = logging.getLogger("warden")


class Warden:
    """Children, pings and the ordered end."""

    def __init__(self, settings: WardenSettings, config: Path, paths: StationPaths) -> None:
        become_subreaper()
        self.paths = paths
        env = {"PYTHONPATH": os.pathsep.join(settings["import_path"])}
        guard = [sys.executable, "-m", "stations.safety.guard", "--config", str(config), "--slot"]
        slots = [slot["slot"] for slot in settings["slots"]]
        self.guards = {slot: GuardChild(slot, [*guard, slot], env, paths.logs) for slot in slots}
        self.others = [self._other(one) for one in settings["children"]]
        self.frozen = FrozenWatch()
        self.selector = DefaultSelector()
        self.mailbox = Mailbox(paths.warden_socket)
        self.selector.register(self.mailbox, EVENT_READ, self._hear_guards)
        self.ending = False
        self.ready = False
        self.strays_at = inf
        self.limit_logs_at = 0.0
        self._listen_for_the_end()

    def serve(self) -> None:
        """Until SIGTERM, SIGINT, or the end of whoever holds the other end of standard input."""
        for guard in self.guards.values():
            self._start(guard)
        others_at = time.monotonic() + SAFE_FIRST_S
        ticked_at = ping_at = time.monotonic()
        while not self.ending:
            for key, _ in self.selector.select(max(0.0, min(ping_at, self._next_start()) - time.monotonic())):
                key.data()
            now = time.monotonic()
            if now - ticked_at > OWN_PAUSE_S:
                self._forgive_silence(now - ticked_at)
            ticked_at = now
            if now >= ping_at:
                ping_at = now + PING_S
                self._ping(now)
                self._end_frozen()
            if others_at < inf and (self.ready or now >= others_at):
                others_at = inf
                for child in self.others:
                    child.start_at = now
            self._start_due(now)
        self._end()

    # Children

    def _other(self, described: ChildSettings) -> Child:
        return Child(
            described["name"],
            described["argv"],
            described["env"],
            self.paths.logs,
            workers=described.get("workers", False),
            heartbeat=self.paths.heartbeat(described["name"]) if "silent_s" in described else None,
            silent_s=described.get("silent_s", inf),
        )

    def _children(self) -> list[Child]:
        return [*self.guards.values(), *self.others]

    def _next_start(self) -> float:
        return min(child.start_at for child in self._children())

    def _start_due(self, now: float) -> None:
        if now >= self.limit_logs_at:
            self.limit_logs_at = now + LIMIT_LOGS_S
            for child in self._children():
                limit_log(child.log)
        for child in self._children():
            if now >= child.start_at:
                self._start(child)
        if now >= self.strays_at:
            self.strays_at = inf
            kill_strays(keep=[child.process.pid for child in self._children() if child.process])

    def _start(self, child: Child) -> None:
        try:
            child.start()
        except OSError as error:
            child.start_at = time.monotonic() + 5.0
            log.error("cannot be started", extra={"child": child.name, "error": str(error)})
            return
        self.selector.register(child.pidfd, EVENT_READ, lambda: self._ended(child))
        log.info("started", extra={"child": child.name, "child_pid": child.mark and child.mark.pid})
        marks = {child.name: child.mark.dump() for child in self._children() if child.mark}
        try:
            write_json(self.paths.warden_state, marks, sync=False)
        except OSError as error:  # it only helps a successor to find what the kernel has not killed
            log.warning("cannot note who is at work", extra={"file": str(self.paths.warden_state), "error": str(error)})

    def _ended(self, child: Child) -> None:
        self.selector.unregister(child.pidfd)
        code = child.bury()
        self.strays_at = time.monotonic() + STRAYS_S
        log.warning("ended", extra={"child": child.name, "exit_code": code, "see": str(child.log)})

    def _end_frozen(self) -> None:
        """Whoever lives but does not work is killed, and started again like one that died."""
        frozen = self.frozen.find({child.name: watched for child in self._children() if (watched := child.watched)})
        for child in self._children():
            if child.name in frozen:
                log.error("frozen, killed", extra={"child": child.name, "sign": frozen[child.name]})
                child.signal(signal.SIGKILL)

    # Guards

    def _ping(self, now: float) -> None:
        for guard in self.guards.values():
            if guard.process is None:
                continue
            if now > guard.answer_by:
                log.error("does not answer, killed", extra={"child": guard.name})
                guard.answer_by = inf
                guard.signal(signal.SIGKILL)
            else:
                self.mailbox.send({"op": "status"}, str(self.paths.slot(guard.slot).socket))

    def _hear_guards(self) -> None:
        for status, _ in self.mailbox.messages():
            guard = self.guards.get(status.get("slot", ""))
            if guard is not None and guard.process is not None and guard.process.pid == status.get("pid"):
                guard.answered(status.get("safe"))
        if not self.ready and all(guard.safe is not None for guard in self.guards.values()):
            self.ready = True
            with suppress(OSError):
                safe = {slot: guard.safe for slot, guard in self.guards.items()}
                print(json.dumps({"ready": safe}), flush=True)  # noqa: T201  (for the process that started us)

    def _forgive_silence(self, pause_s: float) -> None:
        for guard in self.guards.values():
            guard.answer_by += pause_s

    # The end

    def _listen_for_the_end(self) -> None:
        wake, self._woken = socket.socketpair()
        self._woken.setblocking(False)
        signal.set_wakeup_fd(self._woken.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        for source in (wake, sys.stdin) if is_lifeline(sys.stdin.fileno()) else (wake,):
            self.selector.register(source, EVENT_READ, self._begin_end)

    def _begin_end(self) -> None:
        self.ending = True

    def _end(self) -> None:
        """Guards first, then the last imports, then the others, then what they shared."""
        log.info("ending")
        for guard in self.guards.values():
            guard.signal(signal.SIGTERM)
        late = wait_for_ends(self.guards.values(), GUARDS_GRACE_S)
        for child in late:
            child.cut_lifeline()  # it kills its run and makes safe at once
        end_children(late, CUT_GRACE_S)
        self._wait_for_imports()
        end_children(self.others, CHILDREN_GRACE_S)
        kill_strays(keep=[])
        with suppress(OSError):
            self.paths.warden_state.unlink(missing_ok=True)
        self.mailbox.close()
        remove_runtime(self.paths)

    def _wait_for_imports(self) -> None:
        """Supervisors that still bring the last lines into the database have their files here."""
        until = time.monotonic() + IMPORTS_S
        with suppress(OSError):
            while time.monotonic() < until and any(self.paths.supervisors.iterdir()):
                time.sleep(0.05)


def kill_left_overs(paths: StationPaths) -> None:
    """Children that a dead warden left behind, if the kernel has not killed them. Guards end by themselves."""
    for name, content in (read_json(paths.warden_state) or {}).items():
        mark = ProcessMark.load(content)
        if mark and not name.startswith("guard ") and mark.kill_group():
            log.warning("left over from a dead warden, killed", extra={"child": name})


def main() -> None:
    start_logging()
    config = Path(sys.argv[1])
    settings: WardenSettings | None = read_json(config)
    if settings is None:
        sys.exit(f"{config} cannot be read; start the station again, which writes it anew")
    paths = StationPaths(Path(settings["data_dir"]))
    paths.data.mkdir(parents=True, exist_ok=True)
    lock = os.open(paths.warden_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"A station is already running on {paths.data}; stop it first.", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    paths.prepare()  # not before the lock is ours: a predecessor that is ending still removes what it made
    kill_left_overs(paths)
    Warden(settings, config, paths).serve()


if __name__ == "__main__":
    main()
