"""How everybody speaks with the guards: one datagram there, one back. Nobody waits long and nothing raises."""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from stations.contracts import GuardStatus, Job, Wish
from stations.paths import StationPaths
from stations.safety.datagrams import LARGEST
from stations.safety.durable import read_json


class Caller:
    """A socket of its own for some questions, so that a late answer never reaches somebody else."""

    def __init__(self, paths: StationPaths) -> None:
        self.paths = paths
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("")  # the kernel picks a free abstract address
        self.socket.setblocking(False)

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, slot: str, message: dict[str, Any]) -> bool:
        """False when no guard listens there (or it does not read its mail any more)."""
        try:
            self.socket.sendto(json.dumps(message, ensure_ascii=False).encode(), str(self.paths.slot(slot).socket))
        except OSError:
            return False
        return True

    def receive(self, timeout_s: float) -> GuardStatus | None:
        """The next answer; None after the time."""
        end = time.monotonic() + timeout_s
        while select.select([self.socket], [], [], max(0.0, end - time.monotonic()))[0]:
            with suppress(OSError, ValueError):
                return cast(GuardStatus, json.loads(self.socket.recv(LARGEST)))
        return None


def call(paths: StationPaths, slot: str, message: dict[str, Any], timeout_s: float = 1.0) -> GuardStatus | None:
    """Send one message to the guard of a slot; its answer, or None when nobody answers in time."""
    with Caller(paths) as caller:
        return caller.receive(timeout_s) if caller.send(slot, message) else None


def status(paths: StationPaths, slot: str, timeout_s: float = 1.0) -> GuardStatus | None:
    return call(paths, slot, {"op": "status"}, timeout_s)


def statuses(paths: StationPaths, slots: Collection[str], timeout_s: float = 1.0) -> dict[str, GuardStatus]:
    """The answers of several guards, asked at once; those that do not answer in time are missing."""
    answers: dict[str, GuardStatus] = {}
    until = time.monotonic() + timeout_s
    with Caller(paths) as caller:
        waiting = {slot for slot in slots if caller.send(slot, {"op": "status"})}
        while waiting - answers.keys() and (answer := caller.receive(until - time.monotonic())) is not None:
            answers[answer["slot"]] = answer
    return answers


def run(paths: StationPaths, slot: str, job: Job, timeout_s: float = 1.0) -> GuardStatus | None:
    """Ask for a run. The answer says "running", "over" or "wait"; asking again does no harm: a run starts once."""
    return call(paths, slot, {"op": "run", "job": job}, timeout_s)


def wish(paths: StationPaths, slot: str, run: str, wish: Wish, timeout_s: float = 1.0) -> GuardStatus | None:
    """Hand somebody's wish to a run. The answer says "delivered" or "unknown"."""
    return call(paths, slot, {"op": "wish", "run": run, "wish": wish}, timeout_s)


def slots_known(paths: StationPaths) -> list[str]:
    """The slots that the warden's configuration names; none when there is no configuration yet."""
    return [slot["slot"] for slot in _configured(paths.warden_config)]


def _configured(config: Path) -> list[dict[str, Any]]:
    found = read_json(config)
    return list(found.get("slots", [])) if isinstance(found, dict) else []
