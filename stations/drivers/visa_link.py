"""Connections through VISA (pyvisa with pyvisa-py). VISA opens and closes sockets, their bytes we carry ourselves."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

from stations.drivers.late_import import late_import
from stations.drivers.line_driver import Link
from stations.drivers.visa_sessions import take_traps_out

_manager_lock = threading.Lock()
_manager: Any = None


def resource_manager() -> Any:
    """The VISA resource manager of this process, made on first use."""
    global _manager
    with _manager_lock:
        if _manager is None:
            # 70 ms that a process without VISA instruments need not spend. Arrays and looking for instruments in the
            # network would be 150 ms more, in each runner, before it can make its slot safe.
            with late_import("numpy", "psutil", "zeroconf"):
                import pyvisa  # noqa: PLC0415

                take_traps_out()
            _manager = pyvisa.ResourceManager("@py")
        return _manager


def open_visa_link(resource: str, timeout_s: float) -> Link:
    """Open a VISA resource. Raises OSError when nothing answers there."""
    manager = resource_manager()
    milliseconds = max(1, int(timeout_s * 1000))
    try:
        opened = manager.open_resource(resource, open_timeout=milliseconds, timeout=milliseconds)
    except Exception as error:  # pyvisa-py raises bare Exception as well as its own classes
        # Its clean-up fails when a signal handler's exception hits it here, and would swallow the interruption.
        if error.__context__ is not None and not isinstance(error.__context__, Exception):
            raise error.__context__ from None
        raise OSError(str(error)) from error
    if resource.upper().endswith("::SOCKET"):
        return SocketLink(opened)
    return MessageLink(opened)


class SocketLink:
    """Lines over the TCP socket of a VISA session."""

    def __init__(self, resource: Any) -> None:
        self._resource = resource
        self._socket: socket.socket = resource.visalib.sessions[resource.session].interface
        self._received = b""

    def send(self, line: str, timeout_s: float) -> None:
        if self._is_closed_by_peer():
            raise ConnectionResetError("the instrument has closed the connection")
        self._socket.settimeout(timeout_s)
        self._socket.sendall(line.encode() + b"\n")

    def receive(self, timeout_s: float) -> str:
        deadline = time.monotonic() + timeout_s
        while b"\n" not in self._received:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            self._received += self._socket.recv(65536)  # raises when the instrument has closed the connection
            if time.monotonic() > deadline and b"\n" not in self._received:
                raise TimeoutError
        line, _, self._received = self._received.partition(b"\n")
        return line.decode(errors="replace").strip()

    def close(self) -> None:
        self._resource.close()

    def _is_closed_by_peer(self) -> bool:
        self._socket.settimeout(0)
        try:
            return self._socket.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False


class MessageLink:
    """Messages over any other VISA session: USB, GPIB, VXI-11, HiSLIP."""

    def __init__(self, resource: Any) -> None:
        self._resource = resource

    def send(self, line: str, timeout_s: float) -> None:
        self._exchange(timeout_s, self._resource.write_raw, line.encode() + b"\n")

    def receive(self, timeout_s: float) -> str:
        reply: bytes = self._exchange(timeout_s, self._resource.read_raw)
        return reply.decode(errors="replace").strip()

    def close(self) -> None:
        self._resource.close()

    def _exchange(self, timeout_s: float, act: Any, *arguments: bytes) -> Any:
        from pyvisa.constants import StatusCode  # noqa: PLC0415  (as above)
        from pyvisa.errors import VisaIOError  # noqa: PLC0415

        self._resource.timeout = max(1, int(timeout_s * 1000))
        try:
            return act(*arguments)
        except VisaIOError as error:
            if error.error_code == StatusCode.error_timeout:
                raise TimeoutError from error
            raise OSError(str(error)) from error
        except OSError:
            raise
        except Exception as error:  # pyvisa-py lets what its transports raise through
            raise OSError(str(error) or type(error).__name__) from error
