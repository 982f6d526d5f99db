"""What must be in place before the first step: the package, its plan, and every instrument it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sequences.carrying import CarriedOver
from sequences.catalogue import Package
from sequences.interrupts import interruptible
from sequences.limits import Limits
from sequences.loader import PackageError, load_definition, open_package
from sequences.parameters import ParameterError, resolve_parameters
from sequences.plan import Group, make_plan
from stations.contracts import InstrumentSettings, Job
from stations.drivers.driver import Driver
from stations.drivers.loading import load_driver


class MissingInstrument(Exception):
    """The slot has no instrument in a role that the sequence needs."""


@dataclass(frozen=True)
class Prepared:
    """A package that is ready to run."""

    package: Package
    parameters: dict[str, Any]
    limits: dict[str, Limits]
    plan: Group
    carried: CarriedOver


def prepare(job: Job) -> Prepared:
    """Check and import the package and decide its plan. Raises PackageError; importing it may be interrupted."""
    package = open_package(Path(job["package"]), job["sha256"])
    try:
        parameters = resolve_parameters(package.manifest.parameters, job["parameters"])
        declared = {**package.manifest.limits, **job["limits"]}
        limits = {name: Limits.declared(limit) for name, limit in declared.items()}
    except ParameterError as error:
        raise PackageError(str(error)) from error
    except ValueError as error:
        raise PackageError(f"The limits of this run cannot be used: {error}") from error
    definition = interruptible(load_definition, package)
    try:
        plan = interruptible(make_plan, definition, package.manifest, parameters)
    except (Exception, SystemExit) as error:  # the constructor of the sequence is the author's code
        raise PackageError(f"Sequence '{package.name}' cannot be planned: {type(error).__name__}: {error}") from error
    carried = CarriedOver(job.get("carried"))
    try:
        carried.check(plan)
    except ValueError as error:
        raise PackageError(str(error)) from error
    return Prepared(package, parameters, limits, plan, carried)


class Instruments:
    """The instruments of one run, by role: only those that the sequence declares."""

    def __init__(self, roles: Mapping[str, str], settings: Mapping[str, InstrumentSettings]) -> None:
        self._settings = {role: settings[role] for role in roles if role in settings}
        self._missing = [role for role in roles if role not in settings]
        self.by_role: dict[str, Driver] = {}

    def load(self) -> None:
        """Build every driver. Raises MissingInstrument or InstrumentError."""
        if self._missing:
            raise MissingInstrument(
                f"The slot has no instrument for {', '.join(self._missing)}: add it to the slot in station.yaml."
            )
        for role, settings in self._settings.items():
            self.by_role[role] = load_driver(settings)

    def open(self) -> None:
        """Open them in the order in which the manifest names them. Raises InstrumentError."""
        for driver in self.by_role.values():
            driver.open()

    def close(self) -> list[Exception]:
        """Let go of all of them, and return what went wrong with it."""
        problems: list[Exception] = []
        for driver in self.by_role.values():
            try:
                driver.close()
            except Exception as error:  # one that cannot be closed must not keep the others open
                problems.append(error)
        return problems

    def describe(self) -> dict[str, dict[str, str]]:
        return {
            role: {
                "name": settings["name"],
                "driver": settings["driver"],
                "version": str(self.by_role[role].version) if role in self.by_role else "",
                "resource": settings["resource"],
            }
            for role, settings in self._settings.items()
        }


class ReadyInstruments(Instruments):
    """Objects that somebody else opened, as a trial has them."""

    def __init__(self, roles: Mapping[str, str], objects: Mapping[str, Any]) -> None:
        super().__init__(roles, {})
        self._missing = [role for role in roles if role not in objects]
        self._objects = objects

    def load(self) -> None:
        super().load()
        self.by_role = dict(self._objects)

    def open(self) -> None:
        pass

    def close(self) -> list[Exception]:
        return []
