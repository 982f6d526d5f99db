"""What a station file would change: added, removed, or another value, key by key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Each entry of these comes or goes as a whole.
THINGS = ("slots", "instruments")
NAMED_IN_A_LINE = 3


@dataclass(frozen=True)
class Change:
    """One key of the file. None as `before`: it is new; as `after`: it is gone."""

    key: str
    before: Any
    after: Any

    def __str__(self) -> str:
        if self.before is None:
            return f"+ {self.key}: {_written(self.after)}"
        if self.after is None:
            return f"- {self.key}: {_written(self.before)}"
        return f"~ {self.key}: {_written(self.before)} -> {_written(self.after)}"


def find_changes(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Every difference between two configurations, in the order of their keys."""
    was, is_now = _by_name(before), _by_name(after)
    found = []
    for thing in THINGS:
        for name in was[thing].keys() ^ is_now[thing].keys():
            gone, new = was[thing].pop(name, None), is_now[thing].pop(name, None)
            found.append(Change(f"{thing}.{name}", gone and _summary(gone), new and _summary(new)))
    if (old := list(was["slots"])) != (now := list(is_now["slots"])):
        found.append(Change("slots", ", ".join(old), ", ".join(now)))
    left, right = dict(_flattened("", was)), dict(_flattened("", is_now))
    found += [
        Change(key, left.get(key), right.get(key)) for key in {**left, **right} if left.get(key) != right.get(key)
    ]
    return sorted(found, key=lambda change: change.key)


def in_one_line(changes: list[Change]) -> str:
    """Return `3 changes: server.port, slots.slot-2 and 1 more`."""
    named = ", ".join(change.key for change in changes[:NAMED_IN_A_LINE])
    more = f" and {len(changes) - NAMED_IN_A_LINE} more" if len(changes) > NAMED_IN_A_LINE else ""
    return f"{len(changes)} change{'s' if len(changes) != 1 else ''}: {named}{more}"


def _by_name(configuration: dict[str, Any]) -> dict[str, Any]:
    return {
        **configuration,
        "slots": {slot["id"]: slot for slot in configuration.get("slots", [])},
        "instruments": dict(configuration.get("instruments", {})),
    }


def _summary(thing: dict[str, Any]) -> str:
    """A slot or instrument in a few words."""
    if "driver" in thing:
        return f"{thing['driver'].rpartition('.')[2]} at {thing['resource']}"
    return ", ".join(f"{role} {name}" for role, name in thing["instruments"].items()) or "no instruments"


def _flattened(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Single values and lists by their path, without what says nothing."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _flattened(f"{path}.{name}" if path else name, below)
    elif value not in (None, "", []):
        yield path, value


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
