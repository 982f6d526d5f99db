"""Just enough of HiSLIP (IVI-6.1) and VXI-11 to serve one simulated instrument."""

from __future__ import annotations

import itertools
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

Handle = Callable[[str], str | None]


class MessageServer:
    """Serves every connection in a thread of its own, at a free port, until `close`. `handle` obeys a line."""

    def __init__(self, handle: Handle) -> None:
        self.handle = handle
        self.mute = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._clients: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                self._clients.append(client)
                self._threads.append(threading.Thread(target=self._serve, args=(client,)))
                self._threads[-1].start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError, EOFError):
            while True:
                self.serve_one(client)

    def serve_one(self, client: socket.socket) -> None:
        raise NotImplementedError

    def obey(self, message: bytes) -> bytes | None:
        """The answer to everything in a message; None for none."""
        answers = [self.handle(line) for line in message.decode().splitlines() if line]
        told = [answer for answer in answers if answer is not None]
        return None if self.mute or not told else "\n".join(told).encode() + b"\n"

    def drop(self) -> None:
        """Break every connection."""
        for client in self._clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):  # closed before
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()
        for thread in self._threads:
            thread.join(5)


class HislipServer(MessageServer):
    """Two connections per client: one for messages, one for everything else."""

    HEADER = struct.Struct("!2sBBIQ")
    INITIALIZE, INITIALIZE_RESPONSE, DATA, DATA_END = 0, 1, 6, 7
    MAX_SIZE, MAX_SIZE_RESPONSE, ASYNC_INITIALIZE, ASYNC_INITIALIZE_RESPONSE = 15, 16, 17, 18

    def __init__(self, handle: Handle) -> None:
        self._sessions = itertools.count(1)
        self._begun: dict[socket.socket, bytes] = {}
        super().__init__(handle)

    @property
    def resource(self) -> str:
        return f"TCPIP::127.0.0.1::hislip0,{self.port}::INSTR"

    def serve_one(self, client: socket.socket) -> None:
        _, kind, _, parameter, length = self.HEADER.unpack(exactly(client, self.HEADER.size))
        payload = exactly(client, length)
        if kind == self.INITIALIZE:
            self._send(client, self.INITIALIZE_RESPONSE, 0x0100 << 16 | next(self._sessions))
        elif kind == self.ASYNC_INITIALIZE:
            self._send(client, self.ASYNC_INITIALIZE_RESPONSE, 0)
        elif kind == self.MAX_SIZE:
            self._send(client, self.MAX_SIZE_RESPONSE, 0, payload)
        elif kind in (self.DATA, self.DATA_END):
            self._begun[client] = self._begun.get(client, b"") + payload
            if kind == self.DATA_END and (answer := self.obey(self._begun.pop(client))):
                self._send(client, self.DATA_END, parameter, answer)

    def _send(self, client: socket.socket, kind: int, parameter: int, payload: bytes = b"") -> None:
        client.sendall(self.HEADER.pack(b"HS", kind, 0, parameter, len(payload)) + payload)


class Vxi11Server(MessageServer):
    """Remote procedure calls: a link is made, written to and read from."""

    CREATE_LINK, WRITE, READ, DESTROY_LINK = 10, 11, 12, 23
    IO_TIMEOUT, END = 15, 4

    def __init__(self, handle: Handle) -> None:
        self._answers: dict[socket.socket, bytes] = {}
        super().__init__(handle)

    @property
    def resource(self) -> str:
        return f"TCPIP::127.0.0.1,{self.port}::inst0::INSTR"

    def serve_one(self, client: socket.socket) -> None:
        (mark,) = struct.unpack("!I", exactly(client, 4))
        call = exactly(client, mark & 0x7FFFFFFF)
        transaction, procedure = call[:4], struct.unpack("!I", call[20:24])[0]
        at = 24
        for _ in range(2):  # credentials and verifier
            at += 8 + struct.unpack("!I", call[at + 4 : at + 8])[0]
        result = self._call(client, procedure, call[at:])
        reply = transaction + struct.pack("!5I", 1, 0, 0, 0, 0) + result
        client.sendall(struct.pack("!I", 0x80000000 | len(reply)) + reply)

    def _call(self, client: socket.socket, procedure: int, arguments: bytes) -> bytes:
        if procedure == self.CREATE_LINK:
            return struct.pack("!iiII", 0, 1, 0, 65536)
        if procedure == self.WRITE:
            length = struct.unpack("!I", arguments[16:20])[0]
            self._answers[client] = self.obey(arguments[20 : 20 + length]) or b""
            return struct.pack("!iI", 0, length)
        if procedure == self.READ:
            answer = self._answers.pop(client, b"")
            if not answer:
                threading.Event().wait(struct.unpack("!I", arguments[8:12])[0] / 1000)
                return struct.pack("!iiI", self.IO_TIMEOUT, 0, 0)
            return struct.pack("!iiI", 0, self.END, len(answer)) + answer + b"\0" * (-len(answer) % 4)
        return struct.pack("!i", 0)


def exactly(client: socket.socket, count: int) -> bytes:
    """Raises EOFError when the client has left."""
    received = b""
    while len(received) < count:
        if not (part := client.recv(count - len(received))):
            raise EOFError
        received += part
    return received
