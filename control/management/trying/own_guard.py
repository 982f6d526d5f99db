"""A guard for one trial: deadlines, the ladder of a stop, and the safe state, whoever dies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from django.conf import settings

from control.management.refusing import StartFailed
from control.management.trying.places import Place
from stations.contracts import GuardStatus, Job, WardenSettings, Wish
from stations.drivers.loading import runner_command
from stations.safety import client
from stations.safety.unsafe_mark import told_in_english

READY_S = 20.0
LOOK_EVERY_S = 0.02
LEAVE_S = 12.0  # the guard gives up a slot that does not become safe after ten


class OwnGuard:
    """The guard of one slot, as a process. When we die it kills the run, makes safe and ends."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._config = place.paths.warden_config
        self._log = place.paths.logs / "trial.log"

    def __enter__(self) -> Self:
        configuration = WardenSettings(
            station=self.place.station.id,
            data_dir=str(self.place.paths.data),
            runner=runner_command(settings.DRIVERS),
            import_path=[str(settings.BASE_DIR)],
            slots=self.place.all_slots(),
            children=[],
            safe_budget_s=self.place.station.ladder.safe_budget_s,
        )
        self._config.write_text(json.dumps(configuration, indent=1))
        self.start()
        return self

    def start(self) -> None:
        """Also in the place of one that has died: the first thing it does is to make the slot safe."""
        command = [sys.executable, "-m", "stations.safety.guard", "--config", str(self._config)]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--slot", self.place.slot],
                cwd=settings.BASE_DIR,
                stdin=subprocess.PIPE,  # its lifeline
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us
            )
        self.pidfd = os.pidfd_open(self.process.pid)

    def hand_over(self, job: Job, pause: Callable[[float], bool]) -> bool:
        """Wait until the slot is known to be safe, and begin the run. False when `pause` tells to give up.

        Raises StartFailed when nothing can be begun there.
        """
        until = time.monotonic() + READY_S
        answer: GuardStatus | None = None
        while answer is None or answer.get("answer") == "wait":
            if self.has_ended():
                raise StartFailed(f"The guard of {self.place.slot} did not start: {self._last_words()}")
            if answer is not None and answer["safe"] is False:
                raise StartFailed(f"{self.place.slot} cannot be made safe, so nothing was begun: {_unproven(answer)}")
            if answer is not None and answer["unsafe"] is not None:
                how = "Check the bench, start the station, and clear it as an engineer: manage.py reset"
                raise StartFailed(f"{self.place.slot} is UNSAFE, {told_in_english(answer['unsafe'])}. {how}")
            if time.monotonic() > until:
                why = answer.get("why") if answer else "it does not answer"
                raise StartFailed(f"The guard of {self.place.slot} did not take the run: {why}.")
            if pause(LOOK_EVERY_S):
                return False
            answer = client.run(self.place.paths, self.place.slot, job)
        return True

    def stop(self, run: str, reason: str) -> None:
        """Ask the run to end with its teardown; after its graces the guard kills it."""
        self.wish(run, Wish(word="stop", control="", reason=reason))

    def wish(self, run: str, wish: Wish) -> bool:
        """Whether it has arrived at the run."""
        answer = client.wish(self.place.paths, self.place.slot, run, wish)
        return answer is not None and answer.get("answer") == "delivered"

    def kill(self) -> None:
        """Kill the run at once and make safe: what the guard does when it loses us."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """It leaves when the slot is safe."""
        self.process.terminate()
        try:
            self.process.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.kill()
        os.close(self.pidfd)

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def _unproven(status: GuardStatus) -> str:
    proofs = (status["proof"] or {"instruments": {}})["instruments"]
    return "; ".join(str(proof["error"]) for proof in proofs.values() if not proof["confirmed"]) or "nothing proves it"
