"""What an idle station keeps of its host: memory and processor time of every process."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass

from rich.table import Table

from benchmarks.processes import Memory, cpu_s, memory, name_of
from benchmarks.station import wait_until_idle
from tests.installations import Installation

IDLE_S = 20.0


@dataclass(frozen=True)
class Footprint:
    memory: Memory
    cpu_percent: float  # of one processor


def measure(station: Installation) -> Table:
    wait_until_idle(station)
    time.sleep(1.0)
    by_name: dict[str, list[Footprint]] = defaultdict(list)
    for pid, footprint in _footprints(station).items():
        by_name[name_of(pid)].append(footprint)
    table = Table(title=f"The idle station, over {IDLE_S:g} s", title_justify="left", title_style="bold")
    table.add_column("process")
    for column in ("how many", "resident, MiB", "its share, MiB", "CPU, % of one"):
        table.add_column(column, justify="right")
    for name, footprints in sorted(by_name.items()):
        table.add_row(name, *_sums(footprints))
    table.add_section()
    table.add_row("all", *_sums([footprint for footprints in by_name.values() for footprint in footprints]))
    return table


def _footprints(station: Installation) -> dict[int, Footprint]:
    before = {pid: cpu_s(pid) for pid in station.processes()}
    began = time.monotonic()
    time.sleep(IDLE_S)
    lasting = before.keys() & station.processes()
    passed_s = time.monotonic() - began
    return {pid: Footprint(memory(pid), (cpu_s(pid) - before[pid]) * 100 / passed_s) for pid in lasting}


def _sums(footprints: list[Footprint]) -> list[str]:
    resident = sum(footprint.memory.resident for footprint in footprints)
    proportional = sum(footprint.memory.proportional for footprint in footprints)
    cpu = sum(footprint.cpu_percent for footprint in footprints)
    return [str(len(footprints)), f"{resident:.1f}", f"{proportional:.1f}", f"{cpu:.2f}"]
