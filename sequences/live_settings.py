"""Changes parameters of a running sequence: only those that the manifest calls live, and all that are given or none."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from sequences.parameters import Schema, value_problems
from sequences.wording import quoted


class LiveSettings:
    """`values`: the namespace that the steps read."""

    def __init__(self, schema: Schema, values: SimpleNamespace) -> None:
        self._schema = schema
        self._values = values

    def change(self, given: Mapping[str, Any]) -> str:
        """Set the values. Returns what was and what is. Raises ValueError, and nothing is set, with every problem."""
        problems = [problem for name, value in given.items() for problem in self._problems(name, value)]
        if problems or not given:
            raise ValueError(" ".join(problems) or "no setting is given")
        before = vars(self._values).copy()
        vars(self._values).update(given)
        return ", ".join(f"{name}: {_shown(before.get(name))} → {_shown(value)}" for name, value in given.items())

    def _problems(self, name: str, value: Any) -> list[str]:
        declared = self._schema.get(name)
        if declared is None or not declared.get("live"):
            live = ", ".join(known for known, schema in self._schema.items() if schema.get("live")) or "none"
            return [f"'{quoted(name)}' is no live parameter (live: {live})."]
        return [str(problem) for problem in value_problems(name, declared, value)]


def _shown(value: object) -> str:
    return quoted(repr(value))
