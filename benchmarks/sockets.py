"""Sockets of a real web process: how soon events are heard, how soon a client has caught up, what stuck ones cost."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import transaction
from rich.table import Table

from benchmarks.batches import submit_batch
from benchmarks.figures import Figure, Goal, figure_table
from benchmarks.processes import cpu_s, memory
from benchmarks.station import wait_until_idle
from control.access.keys import create_key
from control.journal.append import Entry, append
from control.journal.kinds import stream_of
from control.models import Stream
from tests.installations import HOUSE, Installation
from tests.web.live_web import Stuck, WebProcess

ROUNDS = 3
SOCKETS = 50
EVENTS, EVENTS_PER_S = 400, 50
STORY = 10_000
STUCK, UNREAD = 3, 100_000
FIRST_STEPS = 15
IDLE_S = 10.0


@dataclass(frozen=True)
class Web:
    """The web process, and a key for it."""

    process: WebProcess
    key: str

    @property
    def pid(self) -> int:
        return self.process.process.pid


def measure(station: Installation) -> Table:
    user, _ = User.objects.get_or_create(username="benchmark", defaults={"is_superuser": True})
    web = Web(WebProcess(station).start(), create_key(user, "benchmark")[1])
    try:
        return figure_table("Sockets of one web process", list(_figures(station, web)))
    finally:
        web.process.kill()


def _figures(station: Installation, web: Web) -> Iterator[Figure]:
    yield Figure("commit → the frame with the first step", _first_steps(station, web), "ms", Goal(100.0))
    before = cpu_s(web.pid)
    rounds = [statistics.quantiles(_delays_ms(web), n=100) for _ in range(ROUNDS)]
    cpu_us = (cpu_s(web.pid) - before) * 1e6 / (ROUNDS * EVENTS * SOCKETS)
    what = f"event → {SOCKETS} sockets at {EVENTS_PER_S} events/s"
    yield Figure(f"{what}, half of them", [found[49] for found in rounds], "ms")
    yield Figure(f"{what}, 99 % of them", [found[98] for found in rounds], "ms", Goal(100.0))
    yield Figure(f"{what}, CPU of the web process for each", [cpu_us], "µs")
    yield Figure(f"catching up with {STORY:,} events", _catching_up_ms(web), "ms", Goal(1000.0))
    yield Figure(f"{STUCK} sockets that never read, {UNREAD:,} events", [_growth_mib(web)], "MiB", Goal(5.0))
    yield Figure(f"{SOCKETS} idle sockets with the overview, CPU", [_idle_percent(web)], "%")


def _story() -> str:
    name = stream_of(uuid4())
    Stream.objects.create(name=name)
    return name


def _write(stream: str, count: int, *, at_once: int = 1000) -> None:
    line = "a line of a log, as long as lines usually are: 3.3 V rail 3.2987 V at 0.5012 A"
    for _ in range(count // at_once):
        with transaction.atomic():
            append(stream, [Entry("log", line, step=1, data={"origin": "sequence", "attempt": 1})] * at_once)


@contextmanager
def _clients(web: Web, stream: str, count: int, states: str = "") -> Iterator[subprocess.Popen[str]]:
    """So many clients that follow a stream, all of them ready; the stream's end is theirs."""
    command = [sys.executable, "-m", "benchmarks.socket_clients", web.process.address(), web.key, stream]
    clients = subprocess.Popen([*command, str(count), states], stdout=subprocess.PIPE, text=True, cwd=HOUSE)
    assert clients.stdout is not None
    if clients.stdout.readline() != "ready\n":
        raise RuntimeError(f"the clients could not connect:\n{web.process.output}")
    yield clients
    with transaction.atomic():
        append(stream, [Entry("batch.ended")])


def _delays_ms(web: Web) -> list[float]:
    """From before an event is written until each of the sockets has it."""
    stream = _story()
    with _clients(web, stream, SOCKETS) as clients:
        next_at = time.monotonic()
        for _ in range(EVENTS):
            with transaction.atomic():
                append(stream, [Entry("log", "x" * 80, data={"sent": time.time()})])
            next_at += 1 / EVENTS_PER_S
            time.sleep(max(0.0, next_at - time.monotonic()))
    found = [delay * 1000 for delay in json.loads(clients.communicate(timeout=60)[0])]
    if len(found) != SOCKETS * EVENTS:
        raise RuntimeError(f"{len(found)} events arrived instead of {SOCKETS * EVENTS}.")
    return found


def _catching_up_ms(web: Web) -> list[float]:
    """From connecting to the last event, decoded."""
    stream = _story()
    _write(stream, STORY)
    found = []
    for _ in range(2 * ROUNDS):
        began, last = time.monotonic(), 0
        with web.process.connect(key=web.key) as socket:
            socket.send(json.dumps({"t": "sub", "s": stream, "after": 0}))
            while last < STORY:
                frame = json.loads(socket.recv(timeout=30))
                if frame["t"] == "ev":
                    last = frame["b"]
                    socket.send(json.dumps({"t": "more", "s": stream, "after": last}))
        found.append((time.monotonic() - began) * 1000)
    return found[1:]


def _growth_mib(web: Web) -> float:
    """Beside a client that reads, after it has warmed everything up."""
    stream = _story()
    with _clients(web, stream, 1) as clients:
        _write(stream, STORY)
        time.sleep(1.0)
        before = memory(web.pid).resident
        stuck = [Stuck(web.process, web.key) for _ in range(STUCK)]
        for each in stuck:
            each.say(t="sub", s=stream, after=0)
            each.say(t="more", s=stream)
        _write(stream, UNREAD)
        time.sleep(2.0)
        grown = memory(web.pid).resident - before
        for each in stuck:
            each.close()
    clients.communicate(timeout=60)
    return grown


def _first_steps(station: Installation, web: Web) -> list[float]:
    """Without instruments: the time of the way, not of opening a supply."""
    found = []
    with web.process.connect(key=web.key) as socket:
        for _ in range(FIRST_STEPS + 1):
            wait_until_idle(station)
            submitted = submit_batch("step_loop", cycles=1)
            stream = stream_of(submitted.batch)
            socket.send(json.dumps({"t": "sub", "s": stream, "after": 0}))
            begun = 0.0
            while (frame := json.loads(socket.recv(timeout=30)))["t"] != "end":
                if frame["t"] == "ev":
                    if not begun and any(event["kind"] == "step.started" for event in frame["e"]):
                        begun = time.time()
                    socket.send(json.dumps({"t": "more", "s": stream, "after": frame["b"]}))
            found.append((begun - submitted.committed_at) * 1000)
    return found[1:]


def _idle_percent(web: Web) -> float:
    """Processor time of the web process while nothing happens, in percent of one processor."""
    stream = _story()
    with _clients(web, stream, SOCKETS, "overview slots") as clients:
        time.sleep(1.0)
        before = cpu_s(web.pid)
        time.sleep(IDLE_S)
        used = (cpu_s(web.pid) - before) * 100 / IDLE_S
    clients.communicate(timeout=60)
    return used
