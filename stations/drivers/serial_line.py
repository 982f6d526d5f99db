"""Any device that takes lines and answers lines over a serial port, or over a serial server (`socket://host:port`)."""

from __future__ import annotations

import os
import socket
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stations.contracts import InstrumentSettings
from stations.drivers.line_driver import LineDriver, Link

QUIET_S = 0.2


def import_pyserial() -> Any:
    import serial  # noqa: PLC0415  (a process without serial instruments need not import it)

    return serial


@contextmanager
def _lost_line_as_os_error() -> Iterator[None]:
    """pyserial lets `termios.error` through, which is no OSError, when a line has been pulled out."""
    try:
        yield
    except termios.error as error:
        raise OSError(*error.args) from error


class SerialLink:
    """Lines over a port that nobody else has open."""

    @_lost_line_as_os_error()
    def __init__(self, resource: str, baudrate: int, timeout_s: float) -> None:
        self._port = import_pyserial().serial_for_url(
            resource, baudrate=baudrate, timeout=timeout_s, write_timeout=timeout_s, exclusive=True
        )
        self._received = b""
        self.send("", timeout_s)  # ends the line that somebody before us may have left half sent

    @_lost_line_as_os_error()
    def send(self, line: str, timeout_s: float) -> None:
        # What the device has said unasked (a boot message) is not the answer to what comes now.
        self._port.reset_input_buffer()
        self._received = b""
        self._port.write_timeout = timeout_s
        self._port.write(line.encode() + b"\n")

    @_lost_line_as_os_error()
    def receive(self, timeout_s: float) -> str:
        deadline = time.monotonic() + timeout_s
        while b"\n" not in self._received:
            if (left := deadline - time.monotonic()) <= 0:
                raise TimeoutError
            self._port.timeout = left
            self._received += self._port.read(max(1, self._port.in_waiting))
        line, _, self._received = self._received.partition(b"\n")
        return line.decode(errors="replace").strip()

    def close(self) -> None:
        self._port.close()


class SerialLine(LineDriver):
    """A line-based serial device. Opening it does not speak to it: a board may have no power yet.

    Options: `baudrate` (115200), `timeout_s` (2), `identify` (`*IDN?`), `identity` (text that its answer contains),
    `acknowledge` (what the device answers to every command, if it does) and `sync`, a question with `{token}` in it
    whose answer ends with the token (`ECHO {token}`): it tells a late answer from the one that was asked for.
    Without it, a line that has been quiet for 200 ms counts as clean, and an answer later than that can be mistaken.
    """

    def __init__(self, settings: InstrumentSettings) -> None:
        super().__init__(settings)
        options = settings["options"]
        self.baudrate = int(options.get("baudrate", 115200))
        self.acknowledge = str(options.get("acknowledge", ""))
        self.sync = str(options.get("sync", ""))

    def open_link(self) -> Link:
        return SerialLink(self.resource, self.baudrate, self.timeout_s)

    def open(self) -> None:
        # Not clean yet: the device may answer the line end, so that the first exchange begins with settling.
        self.renew_link()

    def probe(self) -> str:
        """Only whether the port is there and may be used: opening it resets many a board, and none needs power yet."""
        if "://" in self.resource:
            self._reach_server()
        elif not os.access(self.resource, os.R_OK | os.W_OK):
            problem = "may not be used by this user" if Path(self.resource).exists() else "there is no such port"
            raise self.error(f"cannot be reached ({problem})", "check its cable and its `resource` in station.yaml")
        return ""

    def _reach_server(self) -> None:
        """Connect to a serial server, say nothing and hang up."""
        address = urlsplit(self.resource)
        try:
            socket.create_connection((address.hostname or "", address.port or 0), self.timeout_s).close()
        except OSError as error:
            problem = error.strerror or str(error) or "it does not answer"
            raise self.error(f"cannot be reached ({problem})", "check the serial server and its cable") from error

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
