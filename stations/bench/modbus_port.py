"""The Modbus TCP side of a simulated device: frames on the wire, one line for each on the inside."""

from __future__ import annotations

import asyncio
import struct

from stations.bench.tcp_port import TcpPort

READ = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}
BITS = ("coil", "discrete")
WRITE_COIL, WRITE_REGISTER, WRITE_REGISTERS, IDENTIFY = 5, 6, 16, 43


class ModbusPort(TcpPort):
    """Serves Modbus TCP, whatever unit is asked for."""

    @property
    def resource(self) -> str:
        return "modbus://{}:{}/1".format(*self.address)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> None:
        while True:
            transaction, protocol, length, unit = struct.unpack(">HHHB", await reader.readexactly(7))
            if protocol or not 2 <= length <= 254:
                return
            request = await reader.readexactly(length - 1)
            try:
                line = line_of(request)
            except struct.error:
                return  # cut short: no request of Modbus
            reply = await self.instrument.answer(line, connection)
            if reply is not None:
                answer = answer_of(request, reply)
                writer.write(struct.pack(">HHHB", transaction, 0, len(answer) + 1, unit) + answer)
                await writer.drain()


def line_of(request: bytes) -> str:
    """A request as one line: `read holding 0 2`, `write coil 7 1`."""
    function, rest = request[0], request[1:]
    if function in READ:
        return "read {} {} {}".format(READ[function], *struct.unpack(">HH", rest[:4]))
    if function == WRITE_COIL:
        address, value = struct.unpack(">HH", rest[:4])
        return f"write coil {address} {int(value == 0xFF00)}"
    if function == WRITE_REGISTER:
        return "write holding {} {}".format(*struct.unpack(">HH", rest[:4]))
    if function == WRITE_REGISTERS:
        address, count = struct.unpack(">HH", rest[:4])
        return f"write holding {address} {' '.join(map(str, struct.unpack(f'>{count}H', rest[5 : 5 + 2 * count])))}"
    if function == IDENTIFY:
        return "identify"
    return f"function {function}"


def answer_of(request: bytes, reply: str) -> bytes:
    """The frame that carries a reply."""
    function, words = request[0], reply.split()
    if words[:1] == ["exception"]:
        return bytes([function | 0x80, int(words[1])])
    if function == IDENTIFY:
        parts = [text.encode() for text in reply.split(";")]
        objects = b"".join(bytes([at, len(part)]) + part for at, part in enumerate(parts))
        return bytes([function, 0x0E, 1, 1, 0, 0, len(parts)]) + objects
    if function not in READ:
        return request[:5]
    numbers = list(map(int, words))
    if READ[function] in BITS:
        content = sum(bit << at for at, bit in enumerate(numbers)).to_bytes((len(numbers) + 7) // 8, "little")
    else:
        content = struct.pack(f">{len(numbers)}H", *numbers)
    return bytes([function, len(content)]) + content
