"""What the options of a step or a group may be. One rule for the validator and for the decorators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sequences.limits import is_number
from sequences.wording import shown

CONDITIONS = ("run_if", "depends_on", "gate")
OF_ITEMS = ("items", "item_timeout_s")
OPTIONS = (
    *("timeout_s", "attempts", "retry_delay_s", "retry_on", "repeat", "critical", "resumable"),
    *OF_ITEMS,
    *CONDITIONS,
)
OF_GROUP = ("resumable", *CONDITIONS)
OF_MAIN = ("critical", "resumable", "depends_on", "gate", *OF_ITEMS)  # not of setup and teardown: they run in any case


def option_problems(
    name: str, value: object, parameters: Mapping[str, Any] | None = None, *, word: str = "step"
) -> list[str]:
    """What is wrong with one option of a decorator, `word`. With `parameters`, names of some are looked up there."""
    if name not in OPTIONS:
        return [f"unknown option '{name}' (known: {', '.join(OF_GROUP if word == 'group' else OPTIONS)})"]
    if word == "group" and name not in OF_GROUP:
        return [f"{name} is no option of @group (known: {', '.join(OF_GROUP)})"]
    if word in ("setup", "teardown") and name in OF_MAIN:
        return [f"{name} is an option of @step{' and @group' if name in OF_GROUP else ''} alone"]
    if value is not None and not _is_allowed(name, value):
        return [f"{name} must be {_ALLOWED[name]}, it is {shown(value)}"]
    if parameters is None or not isinstance(value, str):
        return []
    return _parameter_problems(name, value, parameters)


_ALLOWED = {
    "timeout_s": "a positive number of seconds",
    "items": "True or False",
    "item_timeout_s": "a positive number of seconds",
    "attempts": "a whole number of at least 1",
    "retry_delay_s": "a number of seconds",
    "retry_on": "an exception class or a tuple of them",
    "repeat": "a whole number or the name of an integer parameter",
    "critical": "True or False",
    "resumable": "True or False",
    "run_if": "the name of a boolean parameter or a function of the run",
    "depends_on": "the name of a step or a group before it, or a list of them",
    "gate": "True or False",
}


def _is_allowed(name: str, value: Any) -> bool:
    if name in ("critical", "resumable", "gate", "items"):
        return isinstance(value, bool)
    if name == "run_if":
        return isinstance(value, str) or callable(value)
    if name == "depends_on":
        return isinstance(value, str) or (
            isinstance(value, list | tuple | set) and all(isinstance(each, str) for each in value)
        )
    if name == "retry_on":
        classes = value if isinstance(value, tuple) else (value,)
        return all(isinstance(each, type) and issubclass(each, Exception) for each in classes)
    if name == "repeat" and isinstance(value, str):
        return True
    if not is_number(value):
        return False
    if name in ("attempts", "repeat"):
        return isinstance(value, int) and value >= (1 if name == "attempts" else 0)
    return value > 0 if name in ("timeout_s", "item_timeout_s") else value >= 0


def _parameter_problems(name: str, value: str, parameters: Mapping[str, Any]) -> list[str]:
    """`repeat` and `run_if` may name a parameter of the manifest."""
    declared = parameters.get(value, {})
    if name == "repeat" and declared.get("type") != "integer":
        return [f"repeat names '{value}', which is no integer parameter of the manifest"]
    if name == "repeat" and declared.get("live"):
        return [f"repeat names '{value}', which is live: how often a step runs is decided when the run begins"]
    if name == "run_if" and declared.get("type") != "boolean":
        return [f"run_if names '{value}', which is no boolean parameter of the manifest"]
    return []


# A step over items is tried again item by item, and takes as long as there are items.
NOT_WITH_ITEMS = ("attempts", "retry_delay_s", "retry_on", "repeat")


def items_problems(options: Mapping[str, Any]) -> list[str]:
    """What is wrong with the options of a step as a whole, as far as items are concerned."""
    if not options.get("items"):
        return ["item_timeout_s is an option of steps with items=True"] if "item_timeout_s" in options else []
    wrong = [name for name in NOT_WITH_ITEMS if name in options]
    return [f"{name} is no option of a step over items: each of its items is tried again by itself" for name in wrong]
