"""Takes the address of a TCP instrument apart."""

from __future__ import annotations

import re

TCP_SOCKET = re.compile(r"TCPIP\d*::(?P<host>[^:]+)::(?P<port>\d{1,5})::SOCKET", re.IGNORECASE)


def tcp_address(resource: str) -> tuple[str, int] | None:
    """Host and port of a VISA resource like `TCPIP::host::port::SOCKET`; None for any other resource."""
    match = TCP_SOCKET.fullmatch(resource)
    return (match["host"], int(match["port"])) if match else None
