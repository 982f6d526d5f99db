"""Where the web process listens, and with how many lanes a station works.

Flag, environment, station file, default: the first of these that says something counts.
"""

from __future__ import annotations

import argparse
import errno
import os
import socket
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from control.access.login_links import is_loopback
from control.management.refusing import REFUSED
from stations.station_file import Server

EVERYWHERE = ("0.0.0.0", "::")
WAITING_CLIENTS = 128
FEWEST_LANES = 3  # of a station where nobody has said how many


@dataclass(frozen=True)
class Address:
    """Where the pages are."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)

    @property
    def url(self) -> str:
        """What a person types into a browser."""
        name = socket.gethostname() if self.host in EVERYWHERE else self.host
        return f"http://{_in_brackets(name)}:{self.port}"

    @property
    def from_here(self) -> str:
        """The host under which a process of this host reaches it."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)

    def __str__(self) -> str:
        return f"{_in_brackets(self.host)}:{self.port}"


def add_address_arguments(parser: CommandParser) -> None:
    parser.add_argument("--host", help=f"where the pages listen; default: {Server.host}, which only this host reaches")
    parser.add_argument("--port", type=_port, help=f"default: {Server.port}; 0 takes any that is free")


def add_workers_argument(parser: CommandParser) -> None:
    parser.add_argument(
        "--workers", type=_workers, help="lanes for work without a bench; default: one per processor, at least 3"
    )


def chosen_address(server: Server, options: dict[str, Any]) -> Address:
    """The address by flag, environment or station file. What is started from now on knows its host, too."""
    host = options["host"] or settings.HOST or server.host
    os.environ["GWANJE_HOST"] = host  # the web process answers to this name
    flag = options["port"]
    port = flag if flag is not None else settings.PORT if settings.PORT is not None else server.port
    return Address(host, port)


def chosen_lanes(server: Server, flag: int | None) -> int:
    """How many lanes by flag, environment or station file; else one per processor.

    At least three, so that two analyses run and one lane is left to help them, or for urgent work.
    """
    return flag or settings.WORKERS or server.workers or max(FEWEST_LANES, os.cpu_count() or 1)


def listen_at(address: Address) -> socket.socket:
    """The socket that the web process answers at, held by its parent: the port stays ours while that starts again.

    Raises CommandError with one sentence when there is no such address or somebody has it.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family, backlog=WAITING_CLIENTS)
    except OSError as error:
        raise CommandError(_why_not(address, error), returncode=REFUSED) from error


def _why_not(address: Address, error: OSError) -> str:
    other = "Choose another one with --port or GWANJE_PORT."
    if error.errno == errno.EADDRINUSE:
        return f"Port {address.port} of {address.host} is taken by another program. {other}"
    if error.errno == errno.EACCES:
        return f"This user may not listen at port {address.port}. {other}"
    return f"This host cannot listen at '{address.host}': {error.strerror}. Correct --host or GWANJE_HOST."


def _in_brackets(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: use a number from 0 to 65535")
    return int(text)


def _workers(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: use a number of lanes, at least 1")
    return int(text)
