"""The network port of a simulated instrument."""

from __future__ import annotations

import asyncio
import socket

from stations.bench.free_addresses import tcp_resource
from stations.bench.simulated_instrument import SimulatedInstrument


class TcpPort:
    """Listens at an instrument's address and serves connections; one at a time if the instrument is of that kind."""

    def __init__(self, instrument: SimulatedInstrument, host: str, port: int) -> None:
        self.instrument = instrument
        self.address = (host, port)
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._connections = 0

    @property
    def resource(self) -> str:
        return tcp_resource(*self.address)

    async def plug(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        if self._listener is None:
            self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.setblocking(False)
            self._listener.bind(self.address)
            self._listener.listen(16)
            self.address = (self.address[0], self._listener.getsockname()[1])  # where any port was good
        self._accept_anew(self._listener)

    def unplug(self) -> None:
        """Refuse new connections and break the ones that are open."""
        if self._accepting is not None:
            self._accepting.cancel()
        if self._listener is not None:
            self._listener.close()
        self._accepting = self._listener = None
        self._break_connections()

    async def drop(self) -> None:
        """Break the open connections; new ones are welcome."""
        self._break_connections()

    def _break_connections(self) -> None:
        for connection in self._serving:
            connection.cancel()

    def _accept_anew(self, listener: socket.socket) -> None:
        if self._accepting is not None:
            self._accepting.cancel()
        self._accepting = asyncio.create_task(self._accept(listener))

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            # Who comes while a one-client instrument is busy waits in the kernel's queue, as at a real LAN port.
            while self.instrument.faults.one_client and self._serving:
                await asyncio.wait(self._serving, return_when=asyncio.FIRST_COMPLETED)
            client, _ = await loop.sock_accept(listener)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections += 1
            task = asyncio.create_task(self._serve(client, self._connections))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)

    async def _serve(self, client: socket.socket, connection: int) -> None:
        reader, writer = await asyncio.open_connection(sock=client)
        try:
            await self.converse(reader, writer, connection)
        except (OSError, EOFError, ValueError):  # ValueError: a line beyond every measure, or what is no request
            pass
        finally:
            writer.close()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> None:
        """Talk with one client until it leaves: lines, unless a subclass knows another protocol."""
        while line := await reader.readline():
            if text := line.decode(errors="replace").strip():
                reply = await self.instrument.answer(text, connection)
                if reply is not None:
                    writer.write(reply.encode() + b"\n")
                    await writer.drain()
