"""Which processes of this data directory are at work, as the kernel tells. Nobody is asked, so nobody can hang."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from stations.safety.processes import process_stat

LISTENING = "0A"  # in /proc/net/tcp
WARDEN, BENCH, WEB = "stations.safety.warden", "stations.bench", "control.web_server"


@dataclass(frozen=True)
class Process:
    pid: int
    arguments: list[str]

    @property
    def is_stopped(self) -> bool:
        """Whether it stands still by SIGSTOP or under a debugger."""
        stat = process_stat(self.pid)
        return bool(stat) and stat[0] in "Tt"

    def environment(self, name: str) -> str:
        """A variable that it was started with; empty when it has none or belongs to somebody else."""
        with suppress(OSError):
            for entry in Path(f"/proc/{self.pid}/environ").read_bytes().split(b"\0"):
                if entry.startswith(f"{name}=".encode()):
                    return entry.partition(b"=")[2].decode(errors="replace")
        return ""


def warden() -> Process | None:
    return next((one for one in _running(WARDEN) if str(settings.STATION_PATHS.warden_config) in one.arguments), None)


def bench() -> Process | None:
    return next((one for one in _running(BENCH) if str(settings.DATA_DIR) in one.arguments), None)


def web() -> Process | None:
    mine = str(settings.DATA_DIR)
    return next((one for one in _running(WEB) if one.environment("GWANJE_DATA_DIR") == mine), None)


def _running(module: str) -> Iterator[Process]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            arguments = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if module in arguments[:5]:
                yield Process(int(folder.name), arguments)


def listens_at(process: Process) -> tuple[str, int] | None:
    """Host and port at which a process takes TCP connections; None when at none, or when it is somebody else's."""
    sockets = set()
    for file in Path(f"/proc/{process.pid}/fd").glob("*"):
        with suppress(OSError):
            sockets.add(str(file.readlink()).removeprefix("socket:[").removesuffix("]"))
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTENING and fields[9] in sockets:
                    return _address(fields[1])
    return None


def _address(written: str) -> tuple[str, int]:
    """`0100007F:1F90` → 127.0.0.1, 8080: words of four bytes, each with its last byte first."""
    host, port = written.split(":")
    words = [bytes.fromhex(host[at : at + 8])[::-1] for at in range(0, len(host), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return socket.inet_ntop(family, b"".join(words)), int(port, 16)
