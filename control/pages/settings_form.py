"""The form by which live settings of a running batch change: only what somebody has changed in it is asked for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext

from control.lifecycle.live_settings import live_schema, settings_of
from control.lifecycle.refusals import BadValue
from control.models import Batch
from control.pages.parameter_fields import PREFIX, parameter_field
from control.pages.submit_form import as_declared
from sequences.parameters import value_problems


class WrongFields(BadValue):
    """What is wrong with which field, under the names of the form."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("\n".join(problems.values()), field="settings")
        self.problems = problems


class SettingsForm(forms.Form):
    """A field for each live parameter, with the value that holds now; none when the batch has no such parameter.

    Each value travels with the one that its field began with: whoever changes one setting does not take back what
    somebody else has changed meanwhile in another.
    """

    def __init__(self, batch: Batch, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="setting-%s", **kwargs)
        self.schema = live_schema(batch)
        now = settings_of(batch)
        for name, declared in self.schema.items():
            field = self.fields[PREFIX + name] = parameter_field(name, declared, beginning=False)
            field.initial, field.show_hidden_initial = now.get(name), True

    def settings(self) -> dict[str, Any]:
        """The values that were changed. Raises WrongFields."""
        wanted, problems = {}, {}
        for name, declared in self.schema.items():
            field = PREFIX + name
            if field not in self.changed_data:
                continue
            if self.has_error(field):
                problems[field] = " ".join(self.errors[field])
                continue
            wanted[name] = as_declared(self.cleaned_data[field], declared)
            for problem in value_problems(name, declared, wanted[name]):
                problems[field] = problem.said(gettext)
        if problems:
            raise WrongFields(problems)
        return wanted


def settings_asked(batch: Batch, fields: QueryDict) -> dict[str, Any]:
    """What a form asks for. A name that is no live parameter is left to the lifecycle to refuse. Raises WrongFields."""
    form = SettingsForm(batch, fields)
    strange = {name: fields[name] for name in fields if name.startswith(PREFIX) and name not in form.fields}
    return {**{name.removeprefix(PREFIX): value for name, value in strange.items()}, **form.settings()}
