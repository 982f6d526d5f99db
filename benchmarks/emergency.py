"""Emergency stop: from the press until the supply is off, as the supply's own log saw it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks.batches import BENCHMARK, submit_batch
from benchmarks.figures import Figure, Goal, figure_table
from benchmarks.station import PAUSE_S, is_parked, wait_until_idle
from control.lifecycle.safety.press import press_emergency_stop, reset
from tests.installations import Installation, wait_until

RUNS = 20
SLOT = "demo/slot-1"
SUPPLY = "supply-1"
GOAL = Goal(20.0)
HOLDS = {"sleep": "asleep", "deadlock": "dead-locked in C"}


@dataclass(frozen=True)
class Press:
    """Milliseconds since the press."""

    off: float
    read_back: float
    confirmed: float  # by all instruments of the slot, to whoever pressed


def measure(station: Installation) -> Table:
    figures = []
    for hold, words in HOLDS.items():
        presses = [_press(station, hold) for _ in range(RUNS)]
        figures += [
            Figure(f"step {words}: OFF at the supply", [press.off for press in presses], "ms", GOAL),
            Figure(f"step {words}: OFF read back", [press.read_back for press in presses], "ms", GOAL),
            Figure(f"step {words}: whole slot confirmed safe", [press.confirmed for press in presses], "ms"),
        ]
    return figure_table("Emergency stop", figures)


def _press(station: Installation, hold: str) -> Press:
    wait_until_idle(station)
    spool = station.paths.spool(submit_batch("output_on", slot=SLOT, hold=hold).batch)
    wait_until(lambda: spool.exists() and b'"name":"hold"' in spool.read_bytes(), what="the step that holds")
    wait_until(lambda: is_parked(station, SLOT), what="the next runner")
    time.sleep(PAUSE_S)
    log = station.paths.bench / "commands.jsonl"
    length = log.stat().st_size
    pressed_at = time.time()
    pressed = press_emergency_stop(SLOT, by=BENCHMARK)
    answered_at = time.time()
    off, read_back = wait_until(lambda: _switched_off(log, length), what="the supply to be off")
    pressed.record()
    wait_until(lambda: b"batch.ended" in spool.read_bytes(), what="the end of the batch")
    reset(SLOT, by=BENCHMARK, reason="the next run of the benchmark")
    times = [(at - pressed_at) * 1000 for at in (off, read_back, answered_at)]
    return Press(*times)


def _switched_off(log: Path, length: int) -> tuple[float, float] | None:
    """When the supply was told to switch off, and when it answered that it is; None while it has not."""
    with log.open("rb") as file:
        file.seek(length)
        entries: list[dict[str, Any]] = [json.loads(line) for line in file if line.endswith(b"\n")]
    told = [entry for entry in entries if entry["instrument"] == SUPPLY]
    off = next((entry["at"] for entry in told if entry["command"] == "OUTP OFF"), None)
    proofs = [entry["at"] for entry in told if (entry["command"], entry["reply"]) == ("OUTP?", "0")]
    answered = [at for at in proofs if off is not None and at >= off]
    return (off, answered[0]) if answered else None
