"""Any instrument that speaks SCPI over VISA, above all over a TCP socket (`TCPIP::host::port::SOCKET`)."""

from __future__ import annotations

from stations.contracts import InstrumentSettings
from stations.drivers.command import Value
from stations.drivers.line_driver import LineDriver, Link
from stations.drivers.visa_link import open_visa_link


class ScpiInstrument(LineDriver):
    """A SCPI instrument. Options: `timeout_s` (2), `identity` (text that must occur in the answer to `*IDN?`),
    `check_errors` (true: `set` asks the instrument's error queue whether the command was obeyed; false for one that has
    no such queue: it is never asked).
    """

    def __init__(self, settings: InstrumentSettings) -> None:
        super().__init__(settings)
        self.checks_errors = bool(settings["options"].get("check_errors", True))
        if self.resource.upper().startswith("ASRL"):
            raise ValueError("VISA does not open serial ports exclusively: use stations.drivers.serial_line.SerialLine")

    def open_link(self) -> Link:
        return open_visa_link(self.resource, self.timeout_s)

    def open(self) -> None:
        self.restore()
        self.identify()

    def restore(self) -> None:
        self.connect()
        # The error queue outlives connections: without this we would read somebody else's errors.
        self.send("*CLS")

    def set(self, command: str, value: Value) -> None:
        text = self.formatted(command, value)
        self.write(text)
        if self.checks_errors:
            self._raise_queued_error(f"refused {text!r}")

    def self_check(self) -> None:
        """Raise when the instrument is another one than expected or has errors in its queue, if it has a queue."""
        self.identify()
        if self.checks_errors:
            self._raise_queued_error("reports an error")

    def _raise_queued_error(self, problem: str) -> None:
        entry = self.query("SYST:ERR?")
        if entry.split(",")[0].strip() not in {"0", "+0", "-0"}:
            self.send("*CLS")
            raise self.error(f"{problem} ({entry})", "compare the command with the instrument's manual")
