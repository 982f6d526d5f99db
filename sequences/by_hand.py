"""Driving the instruments of a slot by hand: commands of people, one by one, and readings in between.

One engine for both ways to it: a step that serves people, and a paused run that somebody has taken over. All of it
happens in the thread of the run, so that a stop ends it like everything else.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping
from typing import Any

from sequences.driven import LONGEST_TEXT, READ_EVERY_S, Driven, as_reading
from sequences.interrupts import interruptible
from sequences.story import Story
from sequences.wording import quoted
from stations.contracts import InstrumentSettings, Wish
from stations.drivers.driver import Driver
from stations.drivers.instrument_error import InstrumentError
from stations.drivers.instrument_lock import Locks
from stations.drivers.scpi import ScpiInstrument


class ByHand:
    """The instruments of a slot, for people. `by`: who has taken them; empty while nobody drives them.

    `settings`: all of the slot's instruments by role, whether or not the sequence uses them; `drivers`: those that the
    run has opened, by role. The others are opened here when they are needed; `allowed` are classes beside ours.
    """

    def __init__(
        self,
        settings: Mapping[str, InstrumentSettings],
        drivers: Mapping[str, Driver],
        story: Story,
        allowed: Collection[str] = (),
        locks: Locks | None = None,
    ) -> None:
        self._settings = settings
        self._allowed, self._locks = allowed, locks
        self._drivers = drivers
        self._story = story
        self._driven: dict[str, Driven] = {}  # by the instrument's name
        self._told_at = 0.0
        self.by = ""
        self.commands = 0
        self.commanded_at = 0.0  # seconds of time.monotonic()

    def begin(self, by: str, control: str, idle_limit_s: float | None) -> None:
        """Give the instruments into somebody's hands. `control`: the event that asked for it, if one did."""
        for role, settings in self._settings.items():
            driver = self._drivers.get(role)
            if settings["name"] not in self._driven or driver is not None:  # one instrument may play two roles
                self._driven[settings["name"]] = Driven(settings, driver, self._allowed, self._locks)
        self.by, self.commands, self.commanded_at = by, 0, time.monotonic()
        told = {"control": control, "word": "take-over"} if control else {}
        message = f"{by} drives the instruments by hand"
        self._story.emit("manual.begun", **told, by=by, idle_limit_s=idle_limit_s, message=message)

    def end(self, why: str, control: str = "", by: str = "") -> None:
        """Take them back. `why`: "asked", "given back", "idle", or "stopped"."""
        if not self.by:
            return
        self.by = ""
        self._let_go()
        told = {"control": control, "by": by} if control else {}
        self._story.emit("manual.ended", **told, why=why, message=f"manual control has ended: {why}")

    def _let_go(self) -> None:
        driven, self._driven = self._driven, {}
        for one in driven.values():
            try:
                one.close()
            except Exception as error:  # one that cannot be closed must not keep the others open
                message = str(error) or type(error).__name__
                self._story.emit("log", step=None, attempt=None, level="WARNING", message=message, origin="engine")

    def obey(self, wish: Wish) -> None:
        """Carry out one command and tell its answer. Raises the Interrupt that ends it, if one does."""
        name, command = wish.get("instrument", ""), wish.get("command", "")
        self.commands += 1
        began = time.monotonic()
        answer: dict[str, Any] = {"value": None, "unit": "", "text": "", "error": ""}
        try:
            answer |= self._carry_out(name, command, wish)
        except Exception as error:  # whatever a driver raises: that is the answer
            answer["error"] = (str(error) or type(error).__name__)[:LONGEST_TEXT]
        took_ms = round((time.monotonic() - began) * 1000, 1)
        self.commanded_at = time.monotonic()
        told = {"control": wish["control"], "instrument": name, "command": command}
        self._story.emit("manual.answered", **told, **answer, took_ms=took_ms)
        changed = "value" in wish or "text" in wish  # which may have given power to what did not answer
        for each in self._driven.values():
            if each.settings["name"] == name or (changed and each.has_problem):
                each.look_soon()

    def _carry_out(self, name: str, command: str, wish: Wish) -> dict[str, Any]:
        driven = self._driven.get(name)
        if driven is None:
            raise LookupError(f"the slot has no instrument '{quoted(name)}' (it has: {', '.join(self._driven)})")
        driver = driven.opened()
        if "text" in wish:
            return {"text": _raw(driver, wish["text"])[:LONGEST_TEXT]}
        if not command:  # is it there, after all?
            return {"text": str(interruptible(driver.identify))[:LONGEST_TEXT]}
        if "value" in wish:
            interruptible(driver.set, command, wish["value"])
            if driver.commands[command].query is None:
                return {"value": wish["value"], "unit": driver.commands[command].unit}
        value = as_reading(interruptible(driver.read, command))
        driven.keep(command, value)
        answer = {"value": value, "unit": driver.commands[command].unit}
        if isinstance(wish.get("value"), bool) and value != wish["value"]:
            answer["error"] = _still(driven.settings, command, wanted=wish["value"])
        return answer

    def due_s(self) -> float | None:
        """How long nothing has to be read, in seconds; None while nobody drives anything."""
        if not self.by:
            return None
        due = [one.due_at for one in self._driven.values()]
        if any(one.changed for one in self._driven.values()):
            due.append(self._told_at + READ_EVERY_S)
        return max(0.0, min(due, default=time.monotonic() + READ_EVERY_S) - time.monotonic())

    def read_on(self) -> None:
        """One question to the instrument that has waited longest, if it is time; and what has changed by now."""
        now = time.monotonic()
        waiting = min(self._driven.values(), key=lambda one: one.due_at, default=None)
        if waiting is not None and waiting.due_at <= now:
            waiting.read_next()
        if self._told_at + READ_EVERY_S <= time.monotonic():
            self._tell_readings()

    def _tell_readings(self) -> None:
        """One line with everything that has changed since the last one."""
        changed = {name: one.changed for name, one in self._driven.items() if one.changed}
        if changed:
            self._told_at = time.monotonic()
            for one in self._driven.values():
                one.changed = {}
            self._story.emit("reading", instruments=changed)


def is_too_late(wish: Wish) -> bool:
    """Whether a command has waited so long that nobody reckons with it any more. To ask or switch off is never late."""
    changes = "text" in wish or wish.get("value", False) is not False
    return changes and time.time() > wish.get("until", math.inf)


def _still(settings: InstrumentSettings, command: str, *, wanted: bool) -> str:
    """What is on although somebody has just switched it off, or the other way round: nobody must take it for done."""
    was, says = ("on", "off") if wanted else ("off", "on")
    problem = f"was told {command} = {was}, but still says {says}"
    return str(InstrumentError(settings["name"], settings["resource"], problem, "look at it before anybody touches it"))


def _raw(driver: Driver, text: str) -> str:
    """Send a text as it stands; the answer if it asks something. Raises InstrumentError."""
    if "?" in text:
        return str(interruptible(driver.query, text))
    interruptible(driver.write, text)
    if isinstance(driver, ScpiInstrument) and driver.checks_errors:
        interruptible(driver.self_check)  # else the next command would be blamed for what this one did
    return ""
