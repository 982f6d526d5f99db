"""Any device that takes lines and answers lines over a serial port, or over a serial server (`socket://host:port`)."""

from __future__ import annotations

import os
import time
from collections import deque
from pathlib import Path

from stations.contracts import InstrumentSettings
from stations.drivers.line_driver import LineDriver, Link
from stations.drivers.serial_link import Framing, SerialLink, port_settings

QUIET_S = 0.2


class SerialLine(LineDriver):
    """A line-based serial device. Opening it does not speak to it: a board may have no power yet.

    Options: `baudrate` (115200), `bytesize` (8), `parity` (none), `stopbits` (1), `flow_control` (none),
    `write_terminator` and `read_terminator` (a line feed; a carriage return at the end of an answer is dropped),
    `read_length` (answers of so many bytes, instead of a terminator), `encoding` (utf-8), `timeout_s` (2), `identify`
    (`*IDN?`), `identity` (text that its answer contains), `acknowledge` (what the device answers to every command, if
    it does), `log_prefix` (how lines begin that the device says unasked: they are no answers, and kept in `log`) and
    `sync`, a question with `{token}` in it whose answer ends with the token (`ECHO {token}`): it tells a late answer
    from the one that was asked for. Without it, a line that has been quiet for 200 ms counts as clean, and an answer
    later than that can be mistaken.
    """

    def __init__(self, settings: InstrumentSettings) -> None:
        super().__init__(settings)
        options = settings["options"]
        self.port_settings = port_settings(options)
        self.framing = Framing.of(options)
        self.acknowledge = str(options.get("acknowledge", ""))
        self.sync = str(options.get("sync", ""))
        self.log: deque[str] = deque(maxlen=1000)  # what the device said unasked, the oldest first

    def open_link(self) -> Link:
        return SerialLink(self.resource, self.port_settings, self.framing, self.timeout_s, self.log)

    def open(self) -> None:
        # Not clean yet: the device may answer the line end, so that the first exchange begins with settling.
        self.renew_link()

    def probe(self) -> str:
        """Only whether the port is there and may be used: opening it resets many a board, and none needs power yet."""
        if "://" in self.resource:
            self.reach()
        elif not os.access(self.resource, os.R_OK | os.W_OK):
            problem = "may not be used by this user" if Path(self.resource).exists() else "there is no such port"
            raise self.error(f"cannot be reached ({problem})", "check its cable and its `resource` in station.yaml")
        return ""

    def restore(self) -> None:
        # The port is opened again only when it was lost: opening resets many a board.
        if self._link is None:
            self.renew_link()
        self.settle()

    def write(self, text: str) -> None:
        if not self.acknowledge:
            self.send(text)
        elif (reply := self.query(text)) != self.acknowledge:
            raise self.error(f"answered {reply!r} to {text!r} instead of {self.acknowledge!r}")

    def settle(self) -> None:
        """Drop every line that is still coming in, up to the answer to a question that nobody else has asked."""
        if self._link is None:
            return
        self._clean = False
        deadline = time.monotonic() + self.timeout_s
        try:
            if self.sync:
                self._drop_until_answered(self._link, deadline)
            else:
                self._drop_until_quiet(self._link, deadline)
        except OSError as error:
            raise self._broken(self.sync, error) from error
        self._clean = True

    def _drop_until_answered(self, link: Link, deadline: float) -> None:
        token = f"{time.monotonic_ns():x}"
        link.send(self.sync.replace("{token}", token), self.timeout_s)
        while not link.receive(deadline - time.monotonic()).endswith(token):
            pass

    def _drop_until_quiet(self, link: Link, deadline: float) -> None:
        while time.monotonic() < deadline:
            try:
                link.receive(QUIET_S)
            except TimeoutError:
                return
        raise self.error("does not stop talking", "give it a `sync` question in station.yaml")
