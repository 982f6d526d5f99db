"""Which children of this host's warden are at work, by its files and the kernel. Nobody is asked, nobody can hang."""

from __future__ import annotations

from dataclasses import dataclass

from stations.paths import StationPaths
from stations.safety.durable import read_json
from stations.safety.processes import ProcessMark, process_stat


@dataclass(frozen=True)
class ChildAtWork:
    """A process beside the guards: a cluster or the housekeeping. `is_stopped`: it lives, but stands still."""

    name: str
    pid: int | None
    lives: bool
    is_stopped: bool


def children_at_work(paths: StationPaths) -> list[ChildAtWork]:
    """Those that the last start of a station named; none where no station was ever started."""
    configured, marks = read_json(paths.warden_config) or {}, read_json(paths.warden_state) or {}
    names = [child["name"] for child in configured.get("children", [])]
    return [_child(name, ProcessMark.load(marks.get(name))) for name in names]


def _child(name: str, mark: ProcessMark | None) -> ChildAtWork:
    if mark is None or not mark.lives():
        return ChildAtWork(name, None, lives=False, is_stopped=False)
    stat = process_stat(mark.pid)
    return ChildAtWork(name, mark.pid, lives=True, is_stopped=bool(stat) and stat[0] in "Tt")
