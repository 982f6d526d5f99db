"""The HTTP side of a simulated device: requests on the wire, one line for each on the inside."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from stations.bench.tcp_port import TcpPort

LARGEST_BODY = 64 * 1024


class HttpPort(TcpPort):
    """Serves HTTP/1.1, one request after the other on a connection."""

    @property
    def resource(self) -> str:
        return "http://{}:{}".format(*self.address)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> None:
        while line := (await reader.readline()).decode("latin-1").strip():
            method, path, *_ = line.split(" ")
            length, stays = 0, True
            while header := (await reader.readline()).decode("latin-1").strip():
                name, _, value = header.partition(":")
                length = int(value) if name.lower() == "content-length" else length
                stays = stays and (name.lower(), value.strip().lower()) != ("connection", "close")
            body = (await reader.readexactly(min(length, LARGEST_BODY))).decode(errors="replace")
            reply = await self.instrument.answer(" ".join(filter(None, (method, path, body))), connection)
            if reply is None:
                continue  # whoever asked waits
            status, _, content = reply.partition(" ")
            said = content.encode()
            head = f"HTTP/1.1 {status} {HTTPStatus(int(status)).phrase}\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: {len(said)}\r\n\r\n".encode() + said)
            await writer.drain()
            if not stays:
                return
