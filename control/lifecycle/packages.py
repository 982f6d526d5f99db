"""Which packages there are on this host, and the content with which each batch was submitted."""

from __future__ import annotations

import logging
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from control.lifecycle.refusals import BadValue, UnknownName, WrongState
from control.models import Batch
from sequences.catalogue import Package, find_packages, read_package
from sequences.installed import installed_packages
from sequences.package_store import ContentChanged, PackageStore

log = logging.getLogger(__name__)

# Not in the catalogue: nobody starts it like other sequences, schedules it, or takes it out of use.
MANUAL_CONTROL = "manual_control"
# Contents that were asked for within this time are never removed: their batch may not be written yet.
KEEP_S = 3600.0


def known_packages() -> dict[str, Package]:
    """The catalogue, by name: what comes with Gwanje, what GWANJE_SEQUENCE_DIRS names, and installed wheels."""
    return find_packages(settings.SEQUENCE_DIRS, installed_packages())


def known_package(name: str) -> Package | None:
    """One of the catalogue, without looking at all others."""
    return find_packages(settings.SEQUENCE_DIRS, installed_packages(), only=name).get(name)


def find_package(name: str) -> Package:
    """Return the package of a sequence. Raises UnknownName, or BadValue with every problem of a broken package."""
    package = known_package(name)
    if package is None:
        raise UnknownName("sequence", name, known_packages())
    return _without_problems(package)


def manual_package() -> Package:
    """The built-in sequence of manual sessions."""
    return read_package(settings.BUILT_IN_SEQUENCES / MANUAL_CONTROL)


def find_content(batch: Batch) -> Package:
    """Return the package as a batch was submitted with it.

    Raises WrongState when this host does not have it any more, BadValue when it could not run today.
    """
    package = content_of(batch)
    if package is None:
        raise WrongState(
            _(
                "This host does not have sequence '%(name)s' any more as this batch ran it (version %(version)s). "
                "Start a new batch with its values, which runs what the catalogue has now, or install that version "
                "again."
            )
            % {"name": batch.sequence, "version": batch.version}
        )
    return _without_problems(package)


def content_of(batch: Batch) -> Package | None:
    """The package as a batch was submitted with it: from the store, else from the catalogue while it is the same."""
    stored = store().find(batch.sha256, batch.sequence)
    if stored is not None:
        return stored
    package = known_package(batch.sequence)
    return package if package is not None and package.sha256 == batch.sha256 else None


def keep_content(package: Package) -> None:
    """Put what a new batch will run out of everybody's reach. Raises WrongState; nothing was kept then."""
    try:
        store().keep(package)
    except ContentChanged as error:
        raise WrongState(
            _("Sequence '%(name)s' is just being changed (%(problem)s). Submit it again when that is done.")
            % {"name": package.name, "problem": error}
        ) from error
    except OSError as error:
        raise WrongState(
            _("Sequence '%(name)s' cannot be kept for its batch in %(folder)s: %(problem)s. Make room there.")
            % {"name": package.name, "folder": store().folder, "problem": error.strerror}
        ) from error


def folder_to_run(batch: Batch) -> Path:
    """Where the runner on this host finds what a batch runs; where it should be, when this host does not have it.

    A batch that was submitted on another host runs what is the same in the catalogue of this one.
    """
    package = content_of(batch)
    if package is None:
        return store().path(batch.sha256, batch.sequence)
    try:
        return store().keep(package)
    except (ContentChanged, OSError) as error:
        log.warning("a package could not be kept: %s", error, extra={"batch": str(batch.pk)})
        return package.path


def remove_unused_contents() -> int:
    """Delete stored contents that no batch refers to; return how many. Those of the last hour stay."""
    old = store().older_than(KEEP_S)
    used = set(Batch.objects.filter(sha256__in=old).values_list("sha256", flat=True).distinct()) if old else set()
    return store().remove(old - used, KEEP_S)


def store() -> PackageStore:
    return PackageStore(settings.STATION_PATHS.packages)


def _without_problems(package: Package) -> Package:
    if package.problems:
        heading = _("Sequence '%(name)s' cannot run:") % {"name": package.name}
        raise BadValue("\n".join([heading, *map(str, package.problems)]))
    return package
