"""What must be in place before the first step: the package, its plan, and every instrument it needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sequences.carrying import CarriedOver
from sequences.catalogue import Package
from sequences.driver_check import not_allowed
from sequences.interrupts import interruptible
from sequences.limits import Limits
from sequences.loader import PackageError, load_definition, load_driver_classes, open_package, said
from sequences.parameters import ParameterError, resolve_parameters
from sequences.plan import Group, make_plan
from stations.contracts import InstrumentSettings, Job
from stations.drivers.driver import Driver, InstrumentError
from stations.drivers.instrument_lock import InstrumentLock, Locks
from stations.drivers.loading import load_driver

# A probe may hold an instrument for a moment; so may a run of another slot that is being killed.
LOCK_WITHIN_S = 5.0


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
    driver_classes: dict[str, type]  # of the package, by role


def prepare(job: Job) -> Prepared:
    """Check and import the package and decide its plan. Raises PackageError; importing it may be interrupted."""
    package = open_package(Path(job["package"]), job["sha256"], job.get("version", ""))
    if package.manifest.drivers and not job.get("package_drivers", False):
        raise PackageError(str(not_allowed(package.manifest)))
    try:
        parameters = resolve_parameters(package.manifest.parameters, job["parameters"])
        declared = {**package.manifest.limits, **job["limits"]}
        limits = {name: Limits.declared(limit) for name, limit in declared.items()}
    except ParameterError as error:
        raise PackageError(str(error)) from error
    except ValueError as error:
        raise PackageError(f"The limits of this run cannot be used: {error}") from error
    definition = interruptible(load_definition, package)
    driver_classes = interruptible(load_driver_classes, package)
    try:
        plan = interruptible(make_plan, definition, package.manifest, parameters)
    except (Exception, SystemExit) as error:  # the constructor of the sequence is the author's code
        raise PackageError(f"Sequence '{package.name}' cannot be planned: {type(error).__name__}: {error}") from error
    carried = CarriedOver(job.get("carried"))
    try:
        carried.check(plan)
    except ValueError as error:
        raise PackageError(str(error)) from error
    return Prepared(package, parameters, limits, plan, carried, driver_classes)


class Instruments:
    """The instruments of one run, by role: only those that the sequence declares.

    Opened, closed and made safe by the station's drivers alone. Where the package brings a class for a role, steps
    are given an object of it instead, which was made with the open driver.
    """

    def __init__(
        self,
        roles: Mapping[str, str],
        settings: Mapping[str, InstrumentSettings],
        classes: Mapping[str, type] | None = None,
        allowed: Collection[str] = (),
        locks: Locks | None = None,
    ) -> None:
        """`locks`: None where nobody else could use the instruments."""
        self._allowed = allowed
        self._locks = locks
        self._taken: list[InstrumentLock] = []
        self._settings = {role: settings[role] for role in roles if role in settings}
        self._missing = [role for role in roles if role not in settings]
        self._classes = classes or {}
        self.by_role: dict[str, Driver] = {}
        self.for_steps: dict[str, Any] = {}

    def load(self) -> None:
        """Build every driver. Raises MissingInstrument or InstrumentError."""
        if self._missing:
            raise MissingInstrument(
                f"The slot has no instrument for {', '.join(self._missing)}: add it to the slot in station.yaml."
            )
        for role, settings in self._settings.items():
            self.by_role[role] = load_driver(settings, self._allowed)

    def open(self) -> None:
        """Lock and open them in the order in which the manifest names them. Raises InstrumentError or PackageError."""
        self._lock()
        for role, driver in self.by_role.items():
            driver.open()
            self.for_steps[role] = self._for_steps(role, driver)

    def _lock(self) -> None:
        """All before the first is opened, always in the same order: two runs never wait for each other in a circle."""
        if self._locks is None:
            return
        ours = {settings["name"]: settings for settings in self._settings.values() if not settings.get("concurrent")}
        for _, settings in sorted(ours.items()):
            lock = InstrumentLock(self._locks.folder, settings)
            self._taken.append(lock)  # before it is taken: an interruption must not leave it to nobody
            lock.take(self._locks.holder, wait_s=LOCK_WITHIN_S)

    def _for_steps(self, role: str, driver: Any) -> Any:
        if role not in self._classes:
            return driver
        try:
            return self._classes[role](driver)
        except InstrumentError:
            raise
        except (Exception, SystemExit) as error:  # the author's code
            name = self._classes[role].__name__
            raise PackageError(f"The driver of '{role}', class {name}, could not be made: {said(error)}") from error

    def close(self) -> list[Exception]:
        """Let go of all of them, and return what went wrong with it."""
        problems: list[Exception] = []
        for driver in self.by_role.values():
            try:
                driver.close()
            except Exception as error:  # one that cannot be closed must not keep the others open
                problems.append(error)
        for lock in self._taken:
            lock.release()
        return problems

    def describe(self) -> dict[str, dict[str, str]]:
        return {
            role: {
                "name": settings["name"],
                "driver": settings["driver"],
                "version": str(self.by_role[role].version) if role in self.by_role else "",
                "resource": settings["resource"],
                **({"package_driver": self._class_name(role)} if role in self._classes else {}),
            }
            for role, settings in self._settings.items()
        }

    def _class_name(self, role: str) -> str:
        """As the manifest names it: its module without the name under which the package was imported."""
        found = self._classes[role]
        return f"{found.__module__.partition('.')[2]}.{found.__name__}"


class ReadyInstruments(Instruments):
    """Objects that somebody else opened, as a trial has them."""

    def __init__(
        self, roles: Mapping[str, str], objects: Mapping[str, Any], classes: Mapping[str, type] | None = None
    ) -> None:
        super().__init__(roles, {}, classes)
        self._missing = [role for role in roles if role not in objects]
        self._objects = objects

    def load(self) -> None:
        super().load()
        self.by_role = dict(self._objects)

    def open(self) -> None:
        for role, driver in self.by_role.items():
            self.for_steps[role] = self._for_steps(role, driver)

    def close(self) -> list[Exception]:
        return []
