"""Instruments that are driven by a class that is not ours, unchanged: of pymeasure, instro, ophyd, or your own."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from stations.contracts import InstrumentSettings
from stations.drivers.address import network_address
from stations.drivers.command import Value
from stations.drivers.driver import Driver
from stations.drivers.expressions import Expression
from stations.drivers.instrument_error import InstrumentError
from stations.drivers.third_party import Made, is_signal, make, put, told, wait_for


class AdaptedInstrument(Driver):
    """Its texts are Python: `voltage`, `ch_1.voltage_setpoint`, `measure("DC")`, `voltage = {value}`,
    `set_output(1, {value})`. They are parsed, never evaluated: names, and literals.

    Options: `timeout_s`, `arguments`, `resource_as`, `visa` (see `third_party.make`), `identify` (such a text) and
    `identity`. An exchange that fails or is interrupted costs the object: the next one begins with a new one.
    """

    def __init__(self, settings: InstrumentSettings, kind: type) -> None:
        super().__init__(settings)
        options = settings["options"]
        if not isinstance(options.get("arguments", {}), (dict, list)):
            raise ValueError("`arguments` must be a mapping or a list")
        if not isinstance(options.get("visa", {}), dict):
            raise ValueError("`visa` must be a mapping")
        self.kind = kind
        self.version = _version(kind)
        self.identify_text = str(options.get("identify", ""))
        if self.expected_identity and not self.identify_text:
            raise ValueError("`identity` needs `identify`, the name of what tells it")
        for text in [*self.texts(), *filter(None, [self.identify_text])]:
            Expression.parse(text)
        self._made: Made | None = None
        self._wanted = False  # between open and close
        self._clean = False  # nothing is under way

    @property
    def object(self) -> Any:
        """The object itself, as long as the instrument is open."""
        return self._ready().object

    def open(self) -> None:
        self.connect()
        self.identify()

    def connect(self) -> None:
        self._wanted = True
        self._drop()
        try:
            self._made = make(self.kind, self.resource, self.timeout_s, self.settings["options"])
        except InstrumentError:
            raise
        except Exception as problem:  # whatever the class raises
            reason = f"{self.kind.__name__}: {_said(problem)}"
            remedy = "check that it is switched on, its `resource` and its `options` in station.yaml"
            raise self.error(f"cannot be opened ({reason})", remedy) from problem
        self._clean = True

    def probe(self) -> str:
        """Makes no object where there is nothing to ask it: many a class sends commands when it is made."""
        if not self.identify_text and network_address(self.resource) is not None:
            self.reach()
            return ""
        return super().probe()

    def close(self) -> None:
        self._wanted = False
        self._drop()

    def send(self, text: str) -> None:
        expression = self._parsed(text)

        def tell(object: Any) -> None:
            if expression.assigns:
                put(*expression.place(object), expression.value, self.timeout_s)
            elif callable(found := expression.find(object)) and not is_signal(found):
                wait_for(found(), self.timeout_s)
            else:
                wait_for(found, self.timeout_s)

        self._exchange(text, tell)

    def query(self, text: str) -> str:
        expression = self._parsed(text)
        if expression.assigns:
            raise self.error(f"was not asked {text!r}", "a question sets nothing")
        return str(self._exchange(text, lambda object: told(expression.find(object))))

    def identify(self) -> str:
        """What it says it is; empty when `options.identify` does not say how to ask."""
        return self.expect(self.query(self.identify_text)) if self.identify_text else ""

    def fill(self, template: str, value: Value, spelled: str) -> str:
        return template.replace("{value}", repr(value) if isinstance(value, (bool, str)) else spelled)

    def _parsed(self, text: str) -> Expression:
        try:
            return Expression.parse(text)
        except ValueError as problem:
            raise self.error("was not asked", str(problem)) from None

    def _exchange(self, text: str, act: Any) -> Any:
        made = self._ready()
        self._clean = False
        made.limit(self.timeout_s)
        try:
            answer = act(made.object)
        except InstrumentError:
            raise
        except Exception as problem:  # whatever the class raises
            raise self.error(
                f"failed at {text!r} ({_said(problem)})", f"see what {self.kind.__name__} says of it"
            ) from problem
        self._clean = True
        return answer

    def _ready(self) -> Made:
        if not self._wanted:
            raise self.error("is not open", "open it before it is used")
        if self._made is None or not self._clean:
            self.connect()
        assert self._made is not None
        return self._made

    def _drop(self) -> None:
        self._clean = False
        made, self._made = self._made, None
        if made is not None:
            made.close()


def _said(problem: Exception) -> str:
    text = " ".join(str(problem).split())[:200]
    return f"{type(problem).__name__}: {text}" if text else type(problem).__name__


def _version(kind: type) -> str:
    """Of the package that the class comes with, where that says one."""
    package = kind.__module__.partition(".")[0]
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
