"""The form of a new batch: the fields that every batch has, and one for each parameter of its sequence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from control.lifecycle.refusals import BadValue, check_label
from control.lifecycle.submit import LONGEST_NAME, LONGEST_SUBJECT
from control.models import Batch
from control.pages.dataset_fields import NAMES, dataset_fields
from control.pages.parameter_fields import PREFIX, TextField, parameter_field
from sequences.manifest import Manifest
from sequences.parameters import ParameterError, parse_value, resolve_parameters


class SubmitForm(forms.Form):
    """What somebody asks to be run. The fields of parameters follow the manifest and are named `parameter-…`."""

    name = TextField(
        label=gettext_lazy("Name"),
        max_length=LONGEST_NAME,
        help_text=gettext_lazy("Left empty: title of the sequence, and subject or datasets."),
    )
    subject = TextField(
        label=gettext_lazy("Subject"),
        max_length=LONGEST_SUBJECT,
        help_text=gettext_lazy("What is tested: a serial number, for example."),
    )
    priority = forms.TypedChoiceField(
        label=gettext_lazy("Priority"), choices=Batch.Priority.choices, coerce=int, initial=Batch.Priority.NORMAL
    )
    slot = TextField(label=gettext_lazy("Slot"))

    def __init__(self, manifest: Manifest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schema = manifest.parameters
        self.parameters: dict[str, Any] = {}  # the values given, under the names of the manifest, once they are right
        for name, declared in self.schema.items():
            self.fields[PREFIX + name] = parameter_field(name, declared)
        self.fields |= dataset_fields(manifest, self.data or self.initial)

    def parameter_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(PREFIX)]

    def dataset_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in NAMES if name in self.fields]

    def general_fields(self) -> list[forms.BoundField]:
        return [self["subject"], self["name"], self["priority"]]

    def clean_name(self) -> str:
        return _checked("name", self.cleaned_data["name"], LONGEST_NAME)

    def clean_subject(self) -> str:
        return _checked("subject", self.cleaned_data["subject"], LONGEST_SUBJECT)

    def clean(self) -> None:
        try:
            self.parameters = resolve_parameters(self.schema, self._given())
        except ParameterError as error:
            for problem in error.problems:
                self.add_error(f"{PREFIX}{problem.values['name']}", problem.said(gettext))

    def _given(self) -> dict[str, Any]:
        """What was typed, as the types of the manifest. A number that must be given and was not is left out."""
        given = {}
        for name, declared in self.schema.items():
            value = self.cleaned_data.get(PREFIX + name, "")
            if value == "" and "default" not in declared and "" not in declared.get("enum", ()):
                continue
            given[name] = as_declared(value, declared)
        return given


def _checked(what: str, text: str, longest: int) -> str:
    try:
        return check_label(what, text, longest)
    except BadValue as error:
        raise forms.ValidationError(str(error)) from error


def as_declared(value: str | bool, declared: Mapping[str, Any]) -> Any:
    """What a field holds, as the type of its parameter where it fits."""
    if isinstance(value, bool):
        return value
    if "enum" in declared:
        return {str(known): known for known in declared["enum"]}.get(value, value)
    return parse_value(value, declared["type"])
