"""Takes the address of an instrument on the network apart."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

TCP_SOCKET = re.compile(r"TCPIP\d*::(?P<host>[^:]+)::(?P<port>\d{1,5})::SOCKET", re.IGNORECASE)
PORTS = {"http": 80, "https": 443, "modbus": 502}


def tcp_address(resource: str) -> tuple[str, int] | None:
    """Host and port of a VISA resource like `TCPIP::host::port::SOCKET`; None for any other resource."""
    match = TCP_SOCKET.fullmatch(resource)
    return (match["host"], int(match["port"])) if match else None


def network_address(resource: str) -> tuple[str, int] | None:
    """Host and port of a TCP instrument in any of the forms that our drivers take; None for any other resource."""
    if address := tcp_address(resource):
        return address
    try:
        parts = urlsplit(resource)
        port = PORTS.get(parts.scheme) if parts.port is None else parts.port
    except ValueError:
        return None
    return (
        (parts.hostname, port) if parts.scheme in {*PORTS, "socket"} and parts.hostname and port is not None else None
    )
