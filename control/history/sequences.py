"""The catalogue as people and programs read it: what each package says of itself, and what became of it here."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min, Q, Subquery
from django.utils.translation import gettext as _

from control.history.facts import Facts, iso
from control.lifecycle.packages import MANUAL_CONTROL, known_package
from control.models import Batch, Sequence
from control.states import LIVE
from sequences.catalogue import Package
from sequences.items.options import effective_options
from sequences.json_schema import parameters_schema
from sequences.manifest import Manifest
from sequences.outline import read_outline
from sequences.problems import readable

# Batches of a sequence whose versions are counted: a page must not read a whole history.
COUNTED = 10_000
AT_ONCE = 200  # conditions in one query: SQLite takes a thousand
README, README_LIMIT = "README.md", 64 * 1024  # bytes
BUNDLED, FOLDER, WHEEL = "bundled", "folder", "wheel"


def decisions() -> dict[str, Sequence]:
    """What people have decided, by name."""
    return {sequence.name: sequence for sequence in Sequence.objects.all()}


def sequence_facts(package: Package, decided: Sequence | None) -> Facts:
    """A sequence in a list. `decided`: its row, if it has one."""
    manifest = package.manifest
    return {
        "name": package.name,
        "version": package.version,
        "title": package.title,
        "description": package.description,
        "kind": manifest.kind,
        "parameters": manifest.parameters,
        "instruments": manifest.instruments,
        "limits": manifest.limits,
        "needs": list(manifest.needs),
        "items": _items_facts(manifest),
        "unique": manifest.unique,
        "cacheable": manifest.cacheable,
        "concurrent": manifest.concurrent,
        "sha256": package.sha256,
        "problems": [str(problem) for problem in package.problems],
        "warnings": [str(problem) for problem in package.warnings],
        "enabled": decided is None or decided.enabled,
        "disabled": disabled_facts(decided),
        "source": source_of(package),
        "place": package.wheel or readable(str(package.path)),
    }


def _items_facts(manifest: Manifest) -> Facts | None:
    """How it goes over the items of a dataset; None where it takes none."""
    if not manifest.needs:
        return None
    options = effective_options(manifest.items, max_failed_items=manifest.max_failed_items)
    return {name: options[name] for name in ("chunk_size", "timeout_s", "max_pixels", "max_failed_items")}


def whole_sequence(package: Package, decided: Sequence | None) -> Facts:
    """A sequence with all that can be known of it before it runs, and the versions that ran."""
    return {
        **sequence_facts(package, decided),
        "schema": parameters_schema(package.manifest.parameters),
        "drivers": package.manifest.drivers,
        "steps": [
            {
                "name": step.name,
                "group": step.group,
                "within": step.within,
                "line": step.line,
                "says": step.says,
                "options": step.options,
            }
            for step in read_outline(package.path)
        ],
        "readme": readme_of(package),
        "versions": [
            {**version, "first": iso(version["first"]), "last": iso(version["last"])}
            for version in versions_of(package.name)
        ],
    }


def readme_of(package: Package) -> str:
    """What the author says at length; its beginning, should that be a book."""
    try:
        with (package.path / README).open("rb") as file:
            return file.read(README_LIMIT).decode(errors="replace")
    except OSError:
        return ""


def disabled_facts(decided: Sequence | None) -> Facts | None:
    if decided is None or decided.enabled:
        return None
    return {"by": decided.by, "at": iso(decided.at), "reason": decided.reason}


def source_of(package: Package) -> str:
    """Where a package comes from."""
    if package.wheel:
        return WHEEL
    return BUNDLED if package.path.parent == settings.SEQUENCE_DIRS[0].resolve() else FOLDER


def versions_of(name: str) -> list[Facts]:
    """Each content under which a sequence ran, newest first, with its uses among the last COUNTED batches."""
    newest = Batch.objects.filter(sequence=name).order_by("-pk").values("pk")[:COUNTED]
    return list(
        Batch.objects.filter(pk__in=newest)
        .order_by()
        .values("version", "sha256")
        .annotate(first=Min("created_at"), last=Max("created_at"), batches=Count("pk"))
        .annotate(live=Count("pk", filter=Q(state__in=LIVE)))
        .order_by("-last")
    )


def last_batches(names: Iterable[str]) -> dict[str, Batch]:
    """The newest batch of each sequence. A query for up to AT_ONCE of them looks at one row of an index for each."""
    waiting, found = list(names), {}
    while waiting:
        some, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
        newest = (Batch.objects.filter(sequence=name).order_by("-pk").values("pk")[:1] for name in some)
        wanted = reduce(or_, (Q(pk=Subquery(rows)) for rows in newest))
        rows = Batch.objects.filter(wanted).only("name", "sequence", "state", "outcome", "created_at")
        found |= {batch.sequence: batch for batch in rows}
    return found


def content_notice(batch: Batch) -> str:
    """That the catalogue has something else by now than what a batch runs, or nothing; empty while it has the same."""
    if batch.sequence == MANUAL_CONTROL:
        return ""
    package = known_package(batch.sequence)
    values: dict[str, Any] = {"version": batch.version}
    if package is None:
        return _("Runs version %(version)s as submitted; the catalogue has no such sequence any more.") % values
    if package.sha256 == batch.sha256:
        return ""
    if package.problems:
        return _("Runs version %(version)s as submitted; what the catalogue has now cannot run.") % values
    if package.version == batch.version:
        sentence = _("Runs version %(version)s as submitted; the catalogue has changed content under the same version.")
        return sentence % values
    return _("Runs version %(version)s as submitted; the catalogue has %(newer)s.") % {
        **values,
        "newer": package.version,
    }
