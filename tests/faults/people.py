"""Everybody who works with a station at once: they submit, pause, stop, press and repeat as the dice want."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from uuid import UUID

from tests.faults.fault_station import FaultStation
from tests.installations import HOUSE

WAITING = 2  # batches in the queue of a slot
PAUSED_S = 3.0
LATCHED_S = 1.0
PRESSES_ANYWAY = 0.05
ANSWERS = 0.3  # of the questions that somebody sees
KINDS: list[tuple[str, dict[str, Any]]] = [
    ("interruptible", {"way": "sleep", "seconds": 1.5}),
    ("interruptible", {"way": "sleep", "seconds": 0.03, "times": 40}),
    ("interruptible", {"way": "deadlock", "seconds": 1}),
    ("interruptible", {"way": "loop", "seconds": 0.5}),
    ("interruptible", {"way": "read", "seconds": 1.0}),
    ("interruptible", {"way": "sleep", "seconds": 1.0, "times": 0, "winding": 1}),
    ("interruptible", {"way": "sleep", "seconds": 3.0, "times": 0, "hurried": 1}),
    ("interruptible", {"way": "prompt", "times": 0, "hurried": 1}),
    ("interruptible", {"way": "sleep", "seconds": 0.1, "good": False}),
    ("interruptible", {"way": "sleep", "seconds": 0.1, "broken": True}),
]
STEERING = {"pause": 4, "stop": 4, "emergency-stop": 1, "skip": 2, "settings": 1, "restart": 2, "rerun": 2, "resume": 1}
BODIES: dict[str, dict[str, Any]] = {"rerun": {"mode": "same"}, "settings": {"settings": {"seconds": 0.2}}}


class People:
    """What they asked for, and how the API answered, by verb and status."""

    def __init__(self, station: FaultStation, dice: random.Random) -> None:
        self.station, self.dice = station, dice
        self.answers: Counter[str] = Counter()
        self._known: list[str] = []
        self._paused_since: dict[str, float] = {}
        self._latched_since: dict[str, float] = {}

    def keep_busy(self) -> None:
        """Every slot has something to do, and a lane too."""
        waiting = Counter(slot for slot, state in self._slots_of("QUEUED") if state == "QUEUED")
        for slot in self.station.slots:
            if waiting[slot] < WAITING:
                sequence, parameters = self.dice.choice(KINDS)
                self._ask("submit", lambda s=slot, q=sequence, p=parameters: self._submit(q, s, p))
        if waiting[None] < 1:
            self._ask("submit", lambda: self._submit("step_loop", None, {"cycles": self.dice.randint(10, 300)}))

    def meddle(self) -> None:
        """Somebody asks something of a batch that lives, or of one that has just ended."""
        alive = [batch for batch, _state in self._batches("RUNNING", "PAUSED")]
        verb = self.dice.choices(list(STEERING), list(STEERING.values()))[0]
        chosen = alive if verb not in ("rerun", "resume") else self._known[-20:]
        if chosen:
            batch = self.dice.choice(chosen)
            self._ask(verb, lambda: self._steer(batch, verb))

    def press_anyway(self) -> None:
        """Now and then somebody at the station's host presses while the database is away."""
        if self.dice.random() < PRESSES_ANYWAY:
            command = [sys.executable, "-m", "stations.safety.press", str(self.station.paths.data)]
            subprocess.run(command, cwd=HOUSE, env=self.station.installation.environment, capture_output=True)
            self.answers["press without a database"] += 1

    def tidy(self) -> None:
        """Nothing stays paused, latched or unsafe for long."""
        now = time.monotonic()
        paused = [batch for batch, _state in self._batches("PAUSED")]
        self._paused_since = {batch: self._paused_since.get(batch, now) for batch in paused}
        for batch, since in list(self._paused_since.items()):
            if now - since > PAUSED_S:
                self._ask("resume", lambda b=batch: self._steer(b, "resume"))
        for batch, prompt in self._rows("id, open_prompt FROM control_batch WHERE open_prompt <> ''"):
            if self.dice.random() < ANSWERS:
                self._ask("answer", lambda b=batch, p=prompt: self._answer(str(UUID(str(b))), p))
        files = {slot: self.station.paths.slot(slot) for slot in self.station.slots}
        latched = [slot for slot, each in files.items() if each.latch.exists() or each.unsafe.exists()]
        self._latched_since = {slot: self._latched_since.get(slot, now) for slot in latched}
        for slot, since in list(self._latched_since.items()):
            if now - since > LATCHED_S:
                self._ask("reset", lambda s=slot: self.station.ask("/api/reset/", {"slot": s, "reason": "soak"}))

    def go_home(self) -> None:
        """Whatever still waits is stopped."""
        for batch, _state in self._batches("QUEUED"):
            self._ask("stop", lambda b=batch: self._steer(b, "stop"))

    def _submit(self, sequence: str, slot: str | None, parameters: dict[str, Any]) -> None:
        body = {"sequence": sequence, "slot": slot, "parameters": parameters}
        self._known.append(str(self.station.ask("/api/control/batches/", body, 10)["id"]))

    def _steer(self, batch: str, verb: str) -> Any:
        return self.station.ask(f"/api/control/batches/{batch}/{verb}/", BODIES.get(verb, {}), 10)

    def _answer(self, batch: str, prompt: str) -> Any:
        return self.station.ask(f"/api/control/batches/{batch}/answer/", {"prompt": prompt, "value": True}, 10)

    def _ask(self, verb: str, act: Callable[[], object]) -> None:
        """A refusal is an answer; so is silence, while the server or its database is away."""
        try:
            act()
        except HTTPError as error:
            with error:
                self.answers[f"{verb} {error.code}"] += 1
        except (OSError, ValueError):
            self.answers[f"{verb} unanswered"] += 1
        else:
            self.answers[f"{verb} done"] += 1

    def _batches(self, *states: str) -> list[tuple[str, str]]:
        chosen = ", ".join(f"'{state}'" for state in states)
        return [
            (str(UUID(str(batch))), state)
            for batch, state in self._rows(f"id, state FROM control_batch WHERE state IN ({chosen})")
        ]

    def _slots_of(self, *states: str) -> list[tuple[Any, ...]]:
        return self._rows(f"slot_id, state FROM control_batch WHERE state IN ({', '.join(map(repr, states))})")

    def _rows(self, select: str) -> list[tuple[Any, ...]]:
        return self.station.installation.query(f"SELECT {select}")
