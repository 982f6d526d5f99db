"""pyvisa-py's sessions with their traps taken out, for everything in this process that opens VISA resources.

On a TCP socket, pyvisa-py leaves Nagle's algorithm on (44 ms for two writes and a query instead of 0.08 ms), opens a
refused port without a word, and takes a closed connection for silence, spinning until the time is up. Serial ports it
opens beside whoever has them.
"""

from __future__ import annotations

import socket
from typing import Any


class AttentiveSocket(socket.socket):
    """Says that the other end has closed the connection, instead of giving nothing for ever."""

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        received = super().recv(size, flags)
        if not received and size and not flags:
            raise ConnectionResetError("the instrument has closed the connection")
        return received


def take_traps_out() -> None:
    """Let pyvisa-py open its sockets and serial ports by the sessions below."""
    from pyvisa.constants import InterfaceType  # noqa: PLC0415  (70 ms, as in visa_link)
    from pyvisa_py import serial, sessions, tcpip  # noqa: PLC0415

    class AttentiveSession(tcpip.TCPIPSocketSession):  # type: ignore[misc]
        def after_parsing(self) -> None:
            super().after_parsing()
            attentive = AttentiveSocket(fileno=self.interface.detach())
            self.interface: Any = attentive
            try:
                attentive.getpeername()  # fails where the port was refused
                attentive.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                attentive.close()
                raise ConnectionRefusedError("nothing listens there") from error

    class ExclusiveSerialSession(serial.SerialSession):  # type: ignore[misc]
        def after_parsing(self) -> None:
            super().after_parsing()
            try:
                self.interface.exclusive = True
            except (OSError, ValueError) as error:
                self.interface.close()
                raise BlockingIOError("another program has this port") from error

    own: dict[Any, Any] = {
        (InterfaceType.tcpip, "SOCKET"): AttentiveSession,
        (InterfaceType.asrl, "INSTR"): ExclusiveSerialSession,
    }
    for key, session in own.items():
        session.session_type = key
        sessions.Session._session_classes[key] = session
