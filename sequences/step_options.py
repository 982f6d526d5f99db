"""What the options of a step may be. One rule for the validator and for the decorators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sequences.limits import is_number
from sequences.wording import shown

OPTIONS = ("timeout_s", "attempts", "retry_delay_s", "repeat", "stop_on_fail", "resumable")
OF_MAIN = ("resumable",)  # of `@step` alone


def option_problems(
    name: str, value: object, parameters: Mapping[str, Any] | None = None, *, in_main: bool = True
) -> list[str]:
    """What is wrong with one option. With `parameters`, a repeat that names one is looked up there."""
    if name not in OPTIONS:
        return [f"unknown option '{name}' (known: {', '.join(OPTIONS)})"]
    if name in OF_MAIN and not in_main:
        return [f"{name} is an option of @step alone"]
    if value is None or _is_allowed(name, value):
        return _repeat_problems(value, parameters) if name == "repeat" and parameters is not None else []
    return [f"{name} must be {_ALLOWED[name]}, it is {shown(value)}"]


_ALLOWED = {
    "timeout_s": "a positive number of seconds",
    "attempts": "a whole number of at least 1",
    "retry_delay_s": "a number of seconds",
    "repeat": "a whole number or the name of an integer parameter",
    "stop_on_fail": "True or False",
    "resumable": "True or False",
}


def _is_allowed(name: str, value: object) -> bool:
    if name in ("stop_on_fail", "resumable"):
        return isinstance(value, bool)
    if name == "repeat" and isinstance(value, str):
        return True
    if not is_number(value):
        return False
    if name in ("attempts", "repeat"):
        return isinstance(value, int) and value >= (1 if name == "attempts" else 0)
    return value > 0 if name == "timeout_s" else value >= 0


def _repeat_problems(value: object, parameters: Mapping[str, Any]) -> list[str]:
    if isinstance(value, str) and parameters.get(value, {}).get("type") != "integer":
        return [f"repeat names '{value}', which is no integer parameter of the manifest"]
    if isinstance(value, str) and parameters[value].get("live"):
        return [f"repeat names '{value}', which is live: how often a step runs is decided when the run begins"]
    return []
