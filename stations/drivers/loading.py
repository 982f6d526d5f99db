"""Finds a driver's class by its dotted path. Loading code by name is running code, so only allowed paths are loaded."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Collection
from contextlib import suppress

from stations.contracts import InstrumentSettings
from stations.drivers import serial_link, visa_link
from stations.drivers.driver import Driver
from stations.drivers.instrument_error import InstrumentError

BUILT_IN = frozenset(
    {
        "stations.drivers.http.HttpInstrument",
        "stations.drivers.modbus_tcp.ModbusTcp",
        "stations.drivers.scpi.ScpiInstrument",
        "stations.drivers.serial_line.SerialLine",
    }
)
ANY = "*"


def is_allowed(path: str, allowed: Collection[str] = ()) -> bool:
    """Whether a driver class may be loaded: one of ours, or one that `allowed` names, itself or as `package.*`."""
    return path in BUILT_IN or any(
        each in (ANY, path) or (each.endswith(".*") and path.startswith(each[:-1])) for each in allowed
    )


def cannot_exist(path: str) -> str:
    """Why there cannot be such a class, as far as that can be told without importing anything; empty for no reason."""
    package, dot, _ = path.partition(".")
    if not dot:
        return "is no dotted path; write it like package.module.Class"
    try:
        found = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        found = None
    return "" if found is not None else f"names a package that is not installed, {package!r}; install it beside Gwanje"


def load_driver(settings: InstrumentSettings, allowed: Collection[str] = ()) -> Driver:
    """The driver of one instrument, not yet open. `allowed` names further driver classes by dotted path.

    Raises InstrumentError when the path is not allowed, cannot be imported or is not a driver.
    """
    path = settings["driver"]

    def error(problem: str, remedy: str) -> InstrumentError:
        return InstrumentError(settings["name"], settings["resource"], problem, remedy)

    if not is_allowed(path, allowed):
        known = ", ".join(sorted({*BUILT_IN, *allowed}))
        raise error(
            f"has a driver that is not allowed here, {path}", f"choose one of {known}, or allow it by GWANJE_DRIVERS"
        )
    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except Exception as problem:  # whatever a module does while it is imported
        raise error(f"has a driver that cannot be loaded, {path}", str(problem) or type(problem).__name__) from problem
    if not isinstance(found, type):
        raise error(f"has a driver that is none, {path}", "name a class")
    try:
        return found(settings) if issubclass(found, Driver) else _adapted(settings, found)
    except (TypeError, ValueError) as problem:
        raise error("is not described as its driver needs it", str(problem)) from problem


def runner_command(allowed: Collection[str]) -> list[str]:
    """The command line of a parked runner that may load the driver classes of `allowed` beside ours."""
    drivers = ["--drivers", ",".join(allowed)] if allowed else []
    return [sys.executable, "-m", "sequences.runner", *drivers]


def _adapted(settings: InstrumentSettings, kind: type) -> Driver:
    from stations.drivers.adapted import AdaptedInstrument  # noqa: PLC0415  (30 ms that most slots need not spend)

    return AdaptedInstrument(settings, kind)


def warm_up(drivers: Collection[str] = (), allowed: Collection[str] = ()) -> None:
    """Import now what drivers import on first use, so that a run and the safe state need not wait for it.

    VISA and serial lines in any case (70 ms), the others where one of `drivers` needs them.
    """
    visa_link.resource_manager()
    serial_link.import_pyserial()
    for path in drivers:
        if is_allowed(path, allowed):
            module, _, name = path.rpartition(".")
            with suppress(Exception):  # told when the instrument is opened
                driver = getattr(importlib.import_module(module), name)
                if issubclass(driver, Driver):
                    driver.prepare()
