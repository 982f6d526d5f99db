"""How a SCPI instrument takes commands: headers in short and long form, parameters, an error queue."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable

from stations.bench.fault_switches import FaultSwitches

Handler = Callable[[str], str | None]

NUMBER = re.compile(r"(?P<number>[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?)\s*(?P<unit>[a-zA-Z]*)")
NO_ERROR = '0,"No error"'


class ScpiError(Exception):
    """An entry for the error queue."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f'{code},"{text}"')


class ScpiModel:
    """A SCPI instrument without its function: subclasses add headers like `MEASure:VOLTage?` to `handlers`."""

    def __init__(self, identity: str, faults: FaultSwitches) -> None:
        self.identity = identity
        self.faults = faults
        self.errors: deque[str] = deque(maxlen=20)
        self._handlers: list[tuple[re.Pattern[str], Handler]] = []
        self.on("*IDN?", lambda _: "ACME,WRONG-MODEL,0,0.0" if faults.wrong_identity else self.identity)
        self.on("*CLS", lambda _: self.errors.clear())
        self.on("*RST", lambda _: self.reset())
        self.on("*OPC?", lambda _: "1")
        self.on("SYSTem:ERRor[:NEXT]?", lambda _: self.errors.popleft() if self.errors else NO_ERROR)

    def on(self, header: str, handler: Handler) -> None:
        """Let `handler` take the parameters of a header. Capitals are the short form, brackets may be left out."""
        pattern = re.escape(header).replace(r"\[", "(?:").replace(r"\]", ")?")
        pattern = re.sub(r"([A-Z]+)([a-z]+)", lambda word: f"{word[1]}(?:{word[2].upper()})?", pattern)
        self._handlers.append((re.compile(":?" + pattern), handler))

    def reset(self) -> None:
        """What `*RST` does."""

    def handle(self, line: str) -> str | None:
        """Obey one line; its answers, or None when nothing was asked."""
        answers = [answer for part in line.split(";") if (answer := self._obey(part.strip())) is not None]
        return ";".join(answers) if answers else None

    def _obey(self, command: str) -> str | None:
        header, _, parameters = command.partition(" ")
        try:
            if self.faults.error and "?" not in header and not header.startswith("*"):
                raise ScpiError(-200, "Execution error")
            for pattern, handler in self._handlers:
                if pattern.fullmatch(header.upper()):
                    return handler(parameters.strip())
            raise ScpiError(-113, "Undefined header")
        except ScpiError as error:
            self.errors.append(str(error))
            return None


def number(text: str, low: float, high: float, unit: str = "") -> float:
    """A numeric parameter, perhaps with its unit. Raises ScpiError as an instrument would queue it."""
    if not text:
        raise ScpiError(-109, "Missing parameter")
    match = NUMBER.fullmatch(text)
    if match is None:
        raise ScpiError(-104, "Data type error")
    if match["unit"].upper() not in ("", unit):
        raise ScpiError(-131, "Invalid suffix")
    value = float(match["number"])
    if not low <= value <= high:
        raise ScpiError(-222, "Data out of range")
    return value


def switch(text: str) -> bool:
    """A parameter that is ON, OFF, 1 or 0. Raises ScpiError as an instrument would queue it."""
    word = text.upper()
    if not word:
        raise ScpiError(-109, "Missing parameter")
    if word not in ("ON", "OFF", "1", "0"):
        raise ScpiError(-104, "Data type error")
    return word in ("ON", "1")
