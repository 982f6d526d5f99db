"""What is known of instruments that people drive by hand: the last value of each command, and what is wrong."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

Readings = dict[str, dict[str, Any]]  # by the instrument's name: "values" by command, and "problem"


def merge_readings(known: Readings, changes: Iterable[Readings]) -> Readings:
    """What is known after some lines: each holds only what has changed."""
    merged = copy.deepcopy(known)
    for change in changes:
        for name, told in change.items():
            one = merged.setdefault(name, {"values": {}, "problem": ""})
            one["values"] |= told.get("values", {})
            one["problem"] = told.get("problem", one["problem"])
    return merged


def answered_reading(line: dict[str, Any]) -> Readings:
    """What the answer to a command says of its instrument."""
    if line["error"] or not line["command"] or line["value"] is None:
        return {}
    return {line["instrument"]: {"values": {line["command"]: line["value"]}}}
