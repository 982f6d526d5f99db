"""The processes of a station, and what the kernel counts of each: memory and processor time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.installations import Installation

# What stands in a command line, and whose it is.
NAMES = {
    "serve_station": "serve_station",
    "stations.bench": "simulated bench",
    "stations.safety.warden": "warden",
    "stations.safety.guard": "guards",
    "sequences.runner": "parked runners",
    "housekeeping": "housekeeping",
}
CLUSTER = "Q_CLUSTER_NAME="
KIB = 1024


@dataclass(frozen=True)
class Memory:
    """In MiB. The proportional size counts a shared page once, split among those who share it."""

    resident: float
    proportional: float


def name_of(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    if "qcluster" in words:
        return f"cluster {_cluster(pid)}"
    return next((NAMES[word] for word in words if word in NAMES), " ".join(words))


def _cluster(pid: int) -> str:
    variables = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return next(variable.removeprefix(CLUSTER) for variable in variables if variable.startswith(CLUSTER))


def cluster_of_lanes(station: Installation) -> list[int]:
    """The processes among which are the supervisors of batches without instruments."""
    return [pid for pid in station.processes() if name_of(pid) == "cluster demo.lanes"]


def cpu_s(pid: int) -> float:
    """Processor time of all threads in seconds, counted by the scheduler to the nanosecond."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def memory(pid: int) -> Memory:
    sizes = dict(line.split()[:2] for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return Memory(int(sizes["Rss:"]) / KIB, int(sizes["Pss:"]) / KIB)
