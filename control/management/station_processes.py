"""The processes of one station's host, seen from their parent: bench, web, and the warden that holds all the others."""

from __future__ import annotations

import fcntl
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from control.lifecycle.doorbell import cluster_name
from control.management.refusing import StartFailed
from control.management.web_process import WebProcess
from stations.contracts import ChildSettings, SlotSettings, Unsafe, WardenSettings
from stations.drivers.loading import runner_command
from stations.models import Slot
from stations.paths import StationPaths
from stations.safety import client
from stations.safety.children import end_children, limit_log
from stations.safety.frozen import FrozenWatch, Watched
from stations.safety.processes import ProcessMark
from stations.safety.unsafe_mark import unsafe_marks
from stations.station_file import Station

BENCH_READY_S = 15.0
STATION_READY_S = 30.0
# The warden's own order takes up to 17 s: batches with their teardown, last imports, clusters, housekeeping.
WARDEN_STOP_S = 18.0
# The pages show how the batches are stopped; then they have a second, so that all is over within 20 s.
WEB_STAYS_S = 16.0
WEB_GRACE_S = 1.0
WEB_READY_S = 20.0
REVIVE_EVERY_S = 1.0
LOOK_EVERY_S = 0.02
# Between two looks at the instruments of an idle slot.
PROBE_EVERY_S = 2.0
# The housekeeping waits for a database that does not answer up to 40 s at a time.
SILENT_S = 60.0
HARDWARE = ("warden", "bench")


@contextmanager
def holding_the_station(paths: StationPaths) -> Iterator[None]:
    """Keep every other station out of this data directory. Raises StartFailed when one is in it."""
    with paths.warden_lock.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartFailed(f"A station is already running on {paths.data}. Stop it first.") from None
        yield


def prepare_folders(paths: StationPaths) -> None:
    """Raises StartFailed when they cannot be used."""
    try:
        paths.prepare()
    except OSError as error:
        raise StartFailed(f"The station's folders cannot be used: {error}") from error


def warden_settings(described: Station, slots: list[SlotSettings]) -> WardenSettings:
    """The whole configuration of the warden, which knows nothing of Django and reads no station file."""
    station, lanes = described.id, [slot for slot in slots if not slot["instruments"]]
    return WardenSettings(
        station=station,
        data_dir=str(settings.DATA_DIR),
        runner=runner_command(settings.DRIVERS),
        import_path=[str(settings.BASE_DIR)],
        slots=slots,
        children=[
            {**_django_child("housekeeping", ["housekeeping", station], {}), "silent_s": SILENT_S},
            _cluster(station, Slot.Kind.SLOT, len(slots) - len(lanes)),
            _cluster(station, Slot.Kind.LANE, len(lanes)),
        ],
        safe_budget_s=described.ladder.safe_budget_s,
        probe_every_s=PROBE_EVERY_S,
    )


def _cluster(station: str, kind: Slot.Kind, workers: int) -> ChildSettings:
    name = cluster_name(station, kind)
    environment = {"Q_CLUSTER_NAME": name, "GWANJE_CLUSTER_WORKERS": str(max(1, workers))}
    return {**_django_child(name, ["qcluster"], environment), "workers": True}


def _django_child(name: str, arguments: list[str], extra: dict[str, str]) -> ChildSettings:
    manage = str(settings.BASE_DIR / "manage.py")
    return ChildSettings(name=name, argv=[sys.executable, manage, *arguments, "--skip-checks"], env=extra)


@dataclass
class StationProcesses:
    """Starts and ends bench, warden and web. All of them die when this process is killed."""

    configuration: WardenSettings
    station_file: Path
    with_bench: bool
    web: WebProcess | None = None
    pause: Callable[[float], None] = time.sleep  # between two looks; what it raises ends the start
    paths: StationPaths = field(default_factory=lambda: settings.STATION_PATHS)
    bench: subprocess.Popen[bytes] | None = None
    warden: subprocess.Popen[bytes] | None = None
    _revive_at: float = 0.0
    _frozen: FrozenWatch = field(default_factory=FrozenWatch)

    def start(self) -> None:
        """Bring everything up, the bench before the guards. Raises StartFailed, and then nothing is left running."""
        prepare_folders(self.paths)
        with holding_the_station(self.paths):
            pass  # nobody else is here; from now on the warden keeps others out
        self.paths.warden_config.write_text(json.dumps(self.configuration, indent=1))
        # The bench ends only when nobody holds the other end any more: it must outlive the guards' making safe.
        self._bench_line, self._bench_hold = os.pipe()
        try:
            if self.web is not None and self.web.process is None:
                self._start_web(self.web)  # loads while the instruments are made safe
            if self.with_bench:
                self._start_bench()
            self._start_warden()
            self._wait_until_safe()
        except BaseException:
            self.stop()
            raise

    def _start_web(self, web: WebProcess) -> None:
        try:
            web.start()
        except OSError as error:
            raise StartFailed(f"The web process cannot be started: {error}") from error

    def _start_bench(self) -> None:
        ready, tell = os.pipe()
        command = [sys.executable, "-m", "stations.bench", "--station-file", str(self.station_file)]
        command += ["--data-dir", str(self.paths.data), "--ready-fd", str(tell), "--lifeline-fd", str(self._bench_line)]
        errors = self.paths.logs / "bench.log"
        with errors.open("wb") as log:
            self.bench = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(tell, self._bench_line),
                start_new_session=True,
            )
        os.close(tell)
        # Readable with its word, or with the end of the pipe when it has died.
        said = select.select([ready], [], [], BENCH_READY_S)[0] and os.read(ready, 1)
        os.close(ready)
        if not said:
            _end(self.bench, 1.0)
            raise StartFailed(f"The simulated bench did not start: {_last_words(errors)}")

    def _start_warden(self) -> None:
        lifeline, self._lifeline = os.pipe()
        command = [sys.executable, "-m", "stations.safety.warden", str(self.paths.warden_config)]
        log_file = self.paths.logs / "warden.log"
        limit_log(log_file)
        with log_file.open("ab") as log:
            self.warden = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                stdin=lifeline,
                stdout=log,
                stderr=log,
                pass_fds=(self._bench_hold,),
                start_new_session=True,
            )
        os.close(lifeline)

    def _wait_until_safe(self) -> None:
        """Wait until every guard knows whether its slot is safe. An unsafe one is said, and no reason not to start."""
        assert self.warden is not None
        until = time.monotonic() + STATION_READY_S
        waiting = [slot["slot"] for slot in self.configuration["slots"]]
        while waiting:
            if self.warden.poll() is not None:
                raise StartFailed(f"The warden did not start: {_last_words(self.paths.logs / 'warden.log')}")
            if time.monotonic() > until:
                raise StartFailed(f"No guard answers for {', '.join(waiting)}; see {self.paths.logs}")
            waiting = [slot for slot in waiting if not self._knows_its_safety(slot)]
            self.pause(LOOK_EVERY_S)

    def _knows_its_safety(self, slot: str) -> bool:
        status = client.status(self.paths, slot, timeout_s=0.2)
        return status is not None and status["safe"] is not None

    def unsafe_slots(self) -> dict[str, Unsafe]:
        """The slots that did not confirm their safe state, now or ever since somebody cleared them."""
        return unsafe_marks(self.paths, [slot["slot"] for slot in self.configuration["slots"]])

    def wait_for_web(self) -> None:
        """Wait until the pages can be opened. Raises StartFailed."""
        until = time.monotonic() + WEB_READY_S
        while self.web is not None and not self.web.answers():
            if _has_ended(self.web.process) or time.monotonic() > until:
                raise StartFailed(f"The web process does not answer: {_last_words(self.web.log)}")
            self.pause(LOOK_EVERY_S)

    def keep_alive(self) -> str | None:
        """Start again what has died; return what that was, for the person who watches."""
        return (self.web.keep_alive() if self.web else None) or self._end_frozen() or self._keep_hardware_alive()

    def _end_frozen(self) -> str | None:
        """A warden or bench that stands still is killed, and then started again like one that died."""
        hardware = {name: process for name in HARDWARE if (process := getattr(self, name)) is not None}
        marks = {name: mark for name, process in hardware.items() if (mark := ProcessMark.of(process.pid))}
        for name in (frozen := self._frozen.find({name: Watched(mark) for name, mark in marks.items()})):
            hardware[name].kill()
        return f"{' and '.join(frozen)} stood still and had to be killed" if frozen else None

    def _keep_hardware_alive(self) -> str | None:
        """At most once a second."""
        died = [name for name in HARDWARE if _has_ended(getattr(self, name))]
        if not died or time.monotonic() < self._revive_at:
            return None
        self._revive_at = time.monotonic() + REVIVE_EVERY_S
        if died[0] == "warden":
            os.close(self._lifeline)
            self._start_warden()
            return "the warden had died, a new one makes everything safe"
        try:
            self._start_bench()
        except StartFailed as failure:
            return str(failure)
        return "the simulated bench had died, a new one is running"

    def stop(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """End in order: batches, clusters and guards through the warden, beside them the web, the bench last.

        Calls `meanwhile` while the warden ends what it keeps.
        """
        began = time.monotonic()
        if self.warden is not None:
            self.warden.terminate()
            until = began + (WEB_STAYS_S if self.web else WARDEN_STOP_S)
            while self.warden.poll() is None and time.monotonic() < until:
                meanwhile()
                time.sleep(LOOK_EVERY_S)
        if self.web is not None:
            end_children([self.web], WEB_GRACE_S)
        _end(self.warden, began + WARDEN_STOP_S - time.monotonic())
        _end(self.bench, 1.0)


def _last_words(log: Path) -> str:
    """What the last line of a log says, for the sentence that says why something did not start."""
    lines = log.read_text().strip().splitlines()
    if not lines:
        return "it said nothing"
    with suppress(ValueError, TypeError, KeyError):
        return f"{json.loads(lines[-1])['message']} (more in {log})"
    return lines[-1]


def _has_ended(process: subprocess.Popen[bytes] | None) -> bool:
    return process is not None and process.poll() is not None


def _end(process: subprocess.Popen[bytes] | None, grace_s: float) -> None:
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(grace_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
