"""The live parameters of a running batch: those that its sequence lets people change meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from control.lifecycle.packages import content_of
from control.lifecycle.refusals import BadValue, WrongState
from control.lifecycle.submit import check_size
from control.models import Batch
from sequences.catalogue import Package
from sequences.parameters import Schema, value_problems
from sequences.wording import Wording, quoted

NOT_LIVE = gettext_noop("Parameter '%(name)s' cannot change while the batch runs. Live ones: %(live)s.")
NONE_LIVE = gettext_noop("Sequence '%(name)s' has no parameter that may change while it runs.")


def live_schema(batch: Batch) -> Schema:
    """The declarations of its live parameters; empty when this host does not have what it runs."""
    package = content_of(batch)
    return {} if package is None or package.problems else _live(package)


def settings_of(batch: Batch) -> dict[str, Any]:
    """The values that hold now: those it began with, and what was changed since."""
    return {**batch.parameters, **batch.settings}


def check_settings(batch: Batch, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the new values. Raises BadValue with every problem, WrongState where nobody can check them."""
    package = content_of(batch)
    if package is None:
        raise WrongState(
            _("This host does not have sequence '%(name)s' as this batch runs it: its settings cannot be checked here.")
            % {"name": batch.sequence}
        )
    schema = _live(package)
    if not schema:
        raise BadValue(_(NONE_LIVE) % {"name": batch.sequence}, field="settings")
    if not wanted:
        raise BadValue(_("Name at least one setting. Live ones: %(live)s.") % {"live": ", ".join(schema)})
    problems = [problem for name, value in wanted.items() for problem in _problems(name, value, schema)]
    if problems:
        raise BadValue("\n".join(problem.said(_) for problem in problems), field="settings")
    check_size({**settings_of(batch), **wanted})
    return dict(wanted)


def _live(package: Package) -> Schema:
    return {name: declared for name, declared in package.manifest.parameters.items() if declared.get("live")}


def _problems(name: str, value: Any, schema: Schema) -> list[Wording]:
    if name not in schema:
        return [Wording(NOT_LIVE, {"name": quoted(name), "live": ", ".join(schema)})]
    return value_problems(name, schema[name], value)
