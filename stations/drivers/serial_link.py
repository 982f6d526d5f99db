"""Lines over a serial port that nobody else has open, or over a serial server."""

from __future__ import annotations

import os
import termios
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PARITIES = {"none": "N", "even": "E", "odd": "O", "mark": "M", "space": "S"}
FLOW_CONTROLS = {"none": {}, "hardware": {"rtscts": True}, "dsr": {"dsrdtr": True}, "software": {"xonxoff": True}}

NAMES_OF_ENDS = {"CR": r"\r", "LF": r"\n", "NL": r"\n", "CRLF": r"\r\n", "CR LF": r"\r\n", "CR+LF": r"\r\n"}


def import_pyserial() -> Any:
    import serial  # noqa: PLC0415  (a process without serial instruments need not import it)

    return serial


def port_settings(options: dict[str, Any]) -> dict[str, Any]:
    """How the port is set, in pyserial's words. Raises ValueError for an option that no port can have."""
    parity = str(options.get("parity", "none")).lower()
    flow = str(options.get("flow_control", "none")).lower()
    bytesize, stopbits = options.get("bytesize", 8), options.get("stopbits", 1)
    for name, value, known in (
        ("parity", parity, PARITIES),
        ("flow_control", flow, FLOW_CONTROLS),
        ("bytesize", bytesize, (5, 6, 7, 8)),
        ("stopbits", stopbits, (1, 1.5, 2)),
    ):
        if value not in known:
            raise ValueError(f"`{name}` must be one of {', '.join(map(str, known))}, it is {value!r}")
    settings = {"baudrate": int(options.get("baudrate", 115200)), "bytesize": bytesize, "stopbits": stopbits}
    return {**settings, "parity": PARITIES[parity], **FLOW_CONTROLS[flow]}


@dataclass(frozen=True)
class Framing:
    """Where a line ends. With `length` an answer is so many bytes, and ends with nothing."""

    write_end: bytes = b"\n"
    read_end: bytes = b"\n"
    length: int = 0
    encoding: str = "utf-8"
    log_prefix: str = ""

    @classmethod
    def of(cls, options: dict[str, Any]) -> Framing:
        """Raises ValueError for an option that makes no sense."""
        encoding = str(options.get("encoding", "utf-8"))
        for key in ("write_terminator", "read_terminator"):
            if (escaped := NAMES_OF_ENDS.get(str(options.get(key, "")).upper())) is not None:
                raise ValueError(f"`{key}` would be these letters, {options[key]!r}; write {escaped}")
        try:
            ends = [
                _unescaped(options.get(key, "\n")).encode(encoding) for key in ("write_terminator", "read_terminator")
            ]
        except (LookupError, UnicodeError) as error:
            raise ValueError(f"`encoding` and terminators do not fit: {error}") from None
        length = options.get("read_length", 0)
        if isinstance(length, bool) or not isinstance(length, int) or length < 0:
            raise ValueError(f"`read_length` must be a number of bytes, it is {length!r}")
        if not ends[1] and not length:
            raise ValueError("an answer without `read_terminator` needs `read_length`")
        return cls(ends[0], ends[1], length, encoding, str(options.get("log_prefix", "")))

    def split(self, received: bytes) -> tuple[bytes, bytes] | None:
        """The first whole answer and what follows it; None until it is whole."""
        if self.length:
            return (received[: self.length], received[self.length :]) if len(received) >= self.length else None
        line, end, rest = received.partition(self.read_end)
        return (line, rest) if end else None


@contextmanager
def _lost_line_as_os_error() -> Iterator[None]:
    """pyserial lets `termios.error` through, which is no OSError, when a line has been pulled out."""
    try:
        yield
    except termios.error as error:
        raise OSError(*error.args) from error


class SerialLink:
    """Lines over a port. What begins with the log prefix is no answer: it goes into `log`."""

    @_lost_line_as_os_error()
    def __init__(
        self, resource: str, settings: dict[str, Any], framing: Framing, timeout_s: float, log: deque[str]
    ) -> None:
        self._framing, self._log, self._received = framing, log, b""
        try:
            self._port = import_pyserial().serial_for_url(
                resource, timeout=timeout_s, write_timeout=timeout_s, exclusive=True, **settings
            )
        except OSError as error:
            if holder := holder_of(resource):
                raise BlockingIOError(f"{holder} has it open") from error
            raise
        self.send("", timeout_s)  # ends the line that somebody before us may have left half sent

    @_lost_line_as_os_error()
    def send(self, line: str, timeout_s: float) -> None:
        self._forget_unasked()
        self._port.write_timeout = timeout_s
        self._port.write(line.encode(self._framing.encoding) + self._framing.write_end)

    def _forget_unasked(self) -> None:
        """What the device has said before (a boot message) is not the answer to what comes now."""
        if not self._framing.log_prefix:
            self._port.reset_input_buffer()
            self._received = b""
            return
        if waiting := self._port.in_waiting:
            self._received += self._port.read(waiting)
        while (split := self._framing.split(self._received)) is not None:
            self._keep_log(self._decoded(split[0]))
            self._received = split[1]
        if not self._received.startswith(self._framing.log_prefix.encode()):
            self._received = b""  # that was no beginning of a line whose end is still to come

    @_lost_line_as_os_error()
    def receive(self, timeout_s: float) -> str:
        deadline = time.monotonic() + timeout_s
        while True:
            while (split := self._framing.split(self._received)) is None:
                if (left := deadline - time.monotonic()) <= 0:
                    raise TimeoutError
                self._port.timeout = left
                self._received += self._port.read(max(1, self._port.in_waiting))
            line, self._received = self._decoded(split[0]), split[1]
            if not self._keep_log(line):
                return line

    def close(self) -> None:
        self._port.close()

    def _decoded(self, line: bytes) -> str:
        return line.decode(self._framing.encoding, errors="replace").strip()

    def _keep_log(self, line: str) -> bool:
        """Whether it is a line of the device's log, which is kept."""
        is_log = bool(self._framing.log_prefix) and line.startswith(self._framing.log_prefix)
        if is_log:
            self._log.append(line)
        return is_log


def holder_of(resource: str) -> str:
    """Which process has locked a serial port, as far as we may know: "process 4711 (minicom)"."""
    try:
        port = os.stat(resource)  # noqa: PTH116  (a resource is no path before it is known to be one)
        locks = Path("/proc/locks").read_text().splitlines()
    except (OSError, ValueError):
        return ""
    place = f"{os.major(port.st_dev):02x}:{os.minor(port.st_dev):02x}:{port.st_ino}"
    for _, kind, _, _, process, locked, *_ in map(str.split, locks):
        if (kind, locked) == ("FLOCK", place):
            with suppress(OSError):  # it has ended meanwhile
                return f"process {process} ({Path('/proc', process, 'comm').read_text().strip()})"
    return ""


def _unescaped(text: Any) -> str:
    """A terminator as people write it: `\\r\\n` with backslashes, in whatever quotes."""
    return str(text).replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t").replace("\\0", "\0")
