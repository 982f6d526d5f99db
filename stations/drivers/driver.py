"""What every driver offers: named commands within their ranges, plain text, and the way into the safe state."""

from __future__ import annotations

import math
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator

from stations.contracts import InstrumentProof, InstrumentSettings
from stations.drivers.address import network_address
from stations.drivers.command import Command, Value, fill_plainly, same_value
from stations.drivers.instrument_error import InstrumentError, WrongInstrument

__all__ = ["Driver", "InstrumentError", "Value"]

DEFAULT_TIMEOUT_S = 2.0
BUDGETED_BY = "ladder.safe_budget_s"


class Driver(ABC):
    """One instrument. Every method raises InstrumentError when the instrument cannot do what is asked.

    A call may be interrupted anywhere by an exception from a signal handler; the next call then starts clean,
    and never takes a late reply for its own.
    """

    version = "1.0"
    # What gives an answer its time: a look and the safe state have a budget for all instruments of a slot.
    timed_by = "options.timeout_s"

    def __init__(self, settings: InstrumentSettings) -> None:
        self.settings = settings
        self.timeout_s = float(settings["options"].get("timeout_s", DEFAULT_TIMEOUT_S))
        self.expected_identity = str(settings["options"].get("identity", ""))
        self.commands = {name: Command.declared(name, fields) for name, fields in settings["commands"].items()}

    @classmethod  # noqa: B027  (most drivers need nothing)
    def prepare(cls) -> None:
        """Do now, once in a process, what the first exchange would wait for: imports, certificates."""

    @property
    def name(self) -> str:
        return self.settings["name"]

    @property
    def resource(self) -> str:
        return self.settings["resource"]

    @abstractmethod
    def open(self) -> None:
        """Connect and make sure that the expected instrument is there."""

    @abstractmethod
    def connect(self) -> None:
        """Connect and nothing else: no question, no command. A connection that was open is replaced."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the instrument. May be called at any time, and twice."""

    @abstractmethod
    def send(self, text: str) -> None:
        """Send one command without waiting for anything."""

    @abstractmethod
    def query(self, text: str) -> str:
        """Send one question and return its answer, without the line end."""

    @abstractmethod
    def identify(self) -> str:
        """What the instrument says it is."""

    def write(self, text: str) -> None:
        """Send one command; where the instrument acknowledges commands, wait for that."""
        self.send(text)

    def self_check(self) -> None:
        """Raise when the instrument answers but is not well."""
        self.identify()

    def probe(self) -> str:
        """Look whether the instrument is there, over a fresh connection and without changing anything in it.

        Returns what it says it is, or nothing where it cannot be asked. Raises WrongInstrument for another one than
        expected. The connection stays open for the caller to close.
        """
        self.connect()
        return self.identify()

    def reach(self) -> None:
        """Connect to where the instrument is on the network, say nothing and hang up."""
        address = network_address(self.resource)
        assert address is not None
        try:
            socket.create_connection(address, self.timeout_s).close()
        except OSError as error:
            problem = f"cannot be reached ({error.strerror or str(error) or 'it does not answer'})"
            raise self.error(problem, "check that it is switched on and its `resource` in station.yaml") from error

    def settle(self) -> None:  # noqa: B027  (most connections have nothing to discard)
        """Discard what the instrument may still be saying to somebody who was here before."""

    def read(self, command: str) -> Value:
        """The present value of a declared command, in its unit."""
        declared = self._declared(command)
        if declared.query is None:
            raise self.error(f"cannot be asked for {command!r}", "give the command a `query` in station.yaml")
        reply = self.query(declared.query)
        try:
            return declared.parse(reply)
        except ValueError:
            raise self.error(f"answered {reply!r} to {declared.query!r}, which is not a {declared.type}") from None

    def set(self, command: str, value: Value) -> None:
        """Write a declared command. A value outside its range is refused before anything is sent."""
        self.write(self.formatted(command, value))

    def formatted(self, command: str, value: Value) -> str:
        """The text that sets a declared command to `value`."""
        try:
            return self._declared(command).format(value, self.fill)
        except ValueError as refusal:
            raise self.error(f"was not asked to set {command!r}", f"it {refusal}") from None

    def fill(self, template: str, value: Value, spelled: str) -> str:
        """A `write` with its value. `spelled` is the value as SCPI has it; other languages have their own spelling."""
        return fill_plainly(template, value, spelled)

    def texts(self) -> Iterator[str]:
        """Every text of the station file that is sent to this instrument, with "1" for values."""
        for command in self.commands.values():
            yield from (each.replace("{value}", "1") for each in (command.write, command.query) if each)
        for step in self.settings["safe_state"]:
            yield from (step[key] for key in ("write", "check") if key in step)

    def expect(self, identity: str) -> str:
        """`identity`, if it is the expected one. Raises WrongInstrument."""
        if self.expected_identity not in identity:
            raise WrongInstrument(self.name, self.resource, identity, self.expected_identity)
        return identity

    def error(self, problem: str, remedy: str = "") -> InstrumentError:
        return InstrumentError(self.name, self.resource, problem, remedy)

    def _declared(self, command: str) -> Command:
        if command in self.commands:
            return self.commands[command]
        known = ", ".join(sorted(self.commands)) or "none"
        raise self.error(f"has no command {command!r}", f"station.yaml declares {known}")

    def make_safe(self, budget_s: float, *, check_first: bool) -> InstrumentProof:
        """Bring the instrument into its safe state over a fresh connection, trying again until `budget_s` has passed.

        Confirmed means: nothing failed and every read-back was as expected. With `check_first` only what is not yet
        as expected is written. Never raises.
        """
        started = time.monotonic()
        deadline = started + budget_s
        proof = InstrumentProof(confirmed=not self.settings["safe_state"], wrote=[], read=[], error=None, took_ms=0.0)
        # A mute instrument must not spend the whole budget on being asked: soon it is told, asked or not.
        asking_until = started + budget_s / 4
        pause_s = 0.005
        while not proof["confirmed"] and time.monotonic() < deadline:
            asking = check_first and time.monotonic() < asking_until
            self._try_to_make_safe(proof, asking, asking_until if asking else deadline)
            if not proof["confirmed"]:
                time.sleep(max(0.0, min(pause_s, deadline - time.monotonic())))
                pause_s = min(2 * pause_s, 0.1)
        proof["took_ms"] = round((time.monotonic() - started) * 1000, 3)
        return proof

    def _try_to_make_safe(self, proof: InstrumentProof, check_first: bool, deadline: float) -> None:
        proof["wrote"], proof["read"], proof["error"] = [], [], None
        steps = self.settings["safe_state"]
        try:
            self._limit_to(deadline)
            self.connect()
            if check_first:
                self.settle()
                steps = [step for step in steps if "check" not in step or not self._is_safe(step, proof, deadline)]
            # Everything is sent before anything is asked: the first read-back must not delay the last OFF.
            for step in steps:
                self.send(step["write"])
                proof["wrote"].append(step["write"])
            if steps:
                self.settle()
            proof["confirmed"] = all([self._is_safe(step, proof, deadline) for step in steps if "check" in step])
            if not proof["confirmed"]:
                proof["error"] = str(self.error("is not in its safe state", f"it answered {', '.join(proof['read'])}"))
        except Exception as error:  # whatever a driver raises: the proof must tell it, and the next try may succeed
            proof["error"] = str(error) or type(error).__name__
        finally:
            self.close()

    def _is_safe(self, step: dict[str, str], proof: InstrumentProof, deadline: float) -> bool:
        self._limit_to(deadline)
        reply = self.query(step["check"])
        proof["read"].append(f"{step['check']} {reply}")
        return same_value(reply, step["expect"])

    def _limit_to(self, deadline: float) -> None:
        self.timeout_s = max(0.001, deadline - time.monotonic())
        self.timed_by = BUDGETED_BY

    def shorten_to(self, deadline: float) -> None:
        """Give an answer no more time than is left until `deadline`.

        In whole tenths of a second: they stand in the sentence of one that does not answer, which must not change with
        each look.
        """
        left_s = max(1, math.floor((deadline - time.monotonic()) * 10)) / 10
        if left_s < self.timeout_s:
            self.timeout_s, self.timed_by = left_s, BUDGETED_BY
