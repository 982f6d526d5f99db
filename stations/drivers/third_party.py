"""Objects of classes that know nothing of us: how they are made, opened, asked, told and closed."""

from __future__ import annotations

import inspect
from contextlib import suppress
from enum import Enum
from typing import Any

from stations.drivers import visa_link

OPENERS = ("open", "connect", "wait_for_connection")
CLOSERS = ("close", "disconnect", "shutdown")


class Made:
    """An object, and how to let go of it."""

    def __init__(self, object: Any, connection: Any = None) -> None:
        self.object = object
        self._connection = connection  # the VISA resource below it, where we have opened that

    def limit(self, timeout_s: float) -> None:
        """How long it may wait, where we can tell it."""
        if self._connection is not None:
            self._connection.timeout = max(1, int(timeout_s * 1000))

    def close(self) -> None:
        """Never raises: an object that cannot be closed must not keep others open."""
        with suppress(Exception):
            if self._connection is not None:
                self._connection.close()  # and nothing else: `shutdown` of such a class sends commands
            else:
                _call_first(self.object, CLOSERS)


def make(kind: type, resource: str, timeout_s: float, options: dict[str, Any]) -> Made:
    """An open object of `kind`. Raises whatever the class raises.

    Options: `arguments` for its constructor, a mapping or a list; `resource_as`, the argument that takes the resource
    (the first one, if not said; an empty text: none does); for a pymeasure class `visa`, what its adapter needs.
    """
    visa_link.resource_manager()  # whatever opens VISA resources in this process now has our sessions below it
    arguments = options.get("arguments", {})
    positional, named = (list(arguments), {}) if isinstance(arguments, list) else ([], dict(arguments))
    if is_pymeasure(kind):
        connection = _pymeasure_adapter(resource, timeout_s, options.get("visa", {}))
        try:
            return Made(kind(connection, *positional, **named), connection.connection)
        except BaseException:
            connection.close()
            raise
    where = options.get("resource_as")
    if where is None:
        positional.insert(0, resource)
    elif where:
        named[str(where)] = resource
    made = Made(kind(*positional, **named))
    try:
        _call_first(made.object, OPENERS)
    except BaseException:
        made.close()
        raise
    return made


def is_pymeasure(kind: type) -> bool:
    return any(
        (base.__name__, base.__module__.partition(".")[0]) == ("Instrument", "pymeasure") for base in kind.__mro__
    )


def _pymeasure_adapter(resource: str, timeout_s: float, visa: dict[str, Any]) -> Any:
    from pymeasure.adapters import VISAAdapter  # noqa: PLC0415  (comes with the class that is being adapted)

    ends = {"read_termination": "\n", "write_termination": "\n"} if resource.upper().endswith("::SOCKET") else {}
    milliseconds = max(1, int(timeout_s * 1000))
    return VISAAdapter(resource, "@py", **{"timeout": milliseconds, "open_timeout": milliseconds, **ends, **visa})


def told(found: Any) -> str:
    """What was found, as text: the value of a signal, the answer of a method without arguments, or the value itself.

    Raises LookupError when there is nothing.
    """
    if is_signal(found):
        found = _value_of(found)
    elif callable(found):
        found = found()
    if isinstance(found, Enum):
        found = found.value
    if found is None:
        raise LookupError("it gave nothing")
    return found.decode(errors="replace") if isinstance(found, bytes) else str(found)


def put(owner: Any, name: str, value: Any, timeout_s: float) -> None:
    """Set an attribute, or the signal that it is. Raises AttributeError where there is none to set."""
    # Not getattr: to read a property is to ask the instrument.
    found = inspect.getattr_static(owner, name)
    if not isinstance(found, property) and is_signal(signal := getattr(owner, name)):
        status = signal.set(value) if callable(getattr(signal, "set", None)) else signal.put(value)
        wait_for(status, timeout_s)
    else:
        setattr(owner, name, value)


def wait_for(status: Any, timeout_s: float) -> None:
    """Wait until something is done that reports so, as ophyd's do."""
    if callable(wait := getattr(status, "wait", None)):
        wait(timeout=timeout_s)


def is_signal(found: Any) -> bool:
    """Whether it is an object of its own that is read and set: ophyd's signals, positioners, and the like."""
    if isinstance(found, (dict, type)):
        return False
    has = {name for name in ("get", "put", "read", "set") if callable(getattr(found, name, None))}
    return {"get", "put"} <= has or {"read", "set"} <= has or ("read" in has and hasattr(found, "describe"))


def _value_of(signal: Any) -> Any:
    if callable(get := getattr(signal, "get", None)):
        return get()
    read = signal.read()
    if not isinstance(read, dict):
        return read
    first = next(iter(read.values()))
    return first["value"] if isinstance(first, dict) else first


def _call_first(object: Any, names: tuple[str, ...]) -> None:
    """Call the first of the methods that there is, if it can be called without arguments."""
    for name in names:
        method = getattr(object, name, None)
        if callable(method) and _needs_nothing(method):
            method()
            return


def _needs_nothing(method: Any) -> bool:
    try:
        parameters = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):
        return True
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return all(each.default is not each.empty or each.kind in variable for each in parameters)
