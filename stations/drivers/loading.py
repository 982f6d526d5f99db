"""Finds a driver's class by its dotted path. Loading code by name is running code, so only allowed paths are loaded."""

from __future__ import annotations

import importlib
from collections.abc import Collection

from stations.contracts import InstrumentSettings
from stations.drivers import serial_line, visa_link
from stations.drivers.driver import Driver
from stations.drivers.instrument_error import InstrumentError

BUILT_IN = frozenset({"stations.drivers.scpi.ScpiInstrument", "stations.drivers.serial_line.SerialLine"})


def load_driver(settings: InstrumentSettings, allowed: Collection[str] = ()) -> Driver:
    """The driver of one instrument, not yet open. `allowed` names further driver classes by dotted path.

    Raises InstrumentError when the path is not allowed, cannot be imported or is not a driver.
    """
    path = settings["driver"]

    def error(problem: str, remedy: str) -> InstrumentError:
        return InstrumentError(settings["name"], settings["resource"], problem, remedy)

    if path not in BUILT_IN and path not in allowed:
        known = ", ".join(sorted({*BUILT_IN, *allowed}))
        raise error(f"has a driver that is not allowed here, {path}", f"choose one of {known}")
    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as problem:
        raise error(f"has a driver that cannot be loaded, {path}", str(problem)) from problem
    if not (isinstance(found, type) and issubclass(found, Driver)):
        raise error(f"has a driver that is none, {path}", "name a subclass of stations.drivers.driver.Driver")
    try:
        return found(settings)
    except (TypeError, ValueError) as problem:
        raise error("is not described as its driver needs it", str(problem)) from problem


def warm_up() -> None:
    """Import now what drivers import on first use, so that a run and the safe state need not wait for it (70 ms)."""
    visa_link.resource_manager()
    serial_line.import_pyserial()
