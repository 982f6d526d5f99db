"""How long a run is asked before it is killed, and how much it may use: what holds when sequence and station differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from stations.contracts import Resources


@dataclass(frozen=True)
class Ladder:
    """The rungs by which a run is ended, and the time for making its slot safe afterwards. All in seconds."""

    stop_grace_s: float = 5.0  # from the interrupt of a stop to SIGTERM
    term_grace_s: float = 1.0  # from SIGTERM to SIGKILL
    deadline_grace_s: float = 1.0  # from the deadline of a step or sequence to SIGKILL
    safe_budget_s: float = 1.0  # for all instruments of a slot together


def effective_ladder(
    station: Mapping[str, Any],
    stop_grace_s: float | None = None,
    term_grace_s: float | None = None,
    deadline_grace_s: float | None = None,
) -> Ladder:
    """The sequence's own times (None: it has none), else those of the station's configuration, else the built-in."""
    own = {"stop_grace_s": stop_grace_s, "term_grace_s": term_grace_s, "deadline_grace_s": deadline_grace_s}
    return Ladder(
        **{**(station.get("ladder") or {}), **{key: value for key, value in own.items() if value is not None}}
    )


def effective_resources(station: Mapping[str, Any], of_sequence: Resources) -> Resources:
    """For each key the smaller of the sequence's limit and the cap in the station's configuration."""
    caps: Mapping[str, Any] = station.get("resources") or {}
    limits: dict[str, Any] = {**caps, **of_sequence}
    return cast(Resources, {key: min(value, caps.get(key, value)) for key, value in limits.items()})
