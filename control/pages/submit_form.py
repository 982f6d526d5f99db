"""The form of a new batch: the fields that every batch has, and one for each parameter of its sequence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from control.models import Batch
from sequences.manifest import Manifest

PREFIX = "parameter-"


class SubmitForm(forms.Form):
    """What somebody asks to be run. The fields of parameters follow the manifest and are named `parameter-…`."""

    name = forms.CharField(
        label=_("Name"), max_length=200, required=False, help_text=_("Left empty: title of the sequence and subject.")
    )
    subject = forms.CharField(
        label=_("Subject"), max_length=100, required=False, help_text=_("What is tested: a serial number, for example.")
    )
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=Batch.Priority.choices, coerce=int, initial=Batch.Priority.NORMAL
    )
    slot = forms.CharField(label=_("Slot"), required=False)

    def __init__(self, manifest: Manifest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, declared in manifest.parameters.items():
            field = parameter_field(name, declared)
            field.unit = declared.get("unit", "")
            self.fields[PREFIX + name] = field

    def parameter_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(PREFIX)]

    def general_fields(self) -> list[forms.BoundField]:
        return [self["subject"], self["name"], self["priority"]]

    def parameters(self) -> dict[str, Any]:
        """The values given, under the names of the manifest."""
        return {name.removeprefix(PREFIX): self.cleaned_data[name] for name in self.fields if name.startswith(PREFIX)}


def parameter_field(name: str, declared: Mapping[str, Any]) -> forms.Field:
    """A field that takes what the manifest declares. The lifecycle checks it again, by the same declaration."""
    common = {
        "label": name.replace("_", " "),
        "help_text": declared.get("description", ""),
        "initial": declared.get("default"),
    }
    kind = declared["type"]
    if "enum" in declared:
        choices = [(str(value), str(value)) for value in declared["enum"]]
        values = {str(value): value for value in declared["enum"]}
        return forms.TypedChoiceField(choices=choices, coerce=values.__getitem__, **common)
    if kind == "boolean":
        return forms.BooleanField(required=False, **common)
    if kind == "string":
        return forms.CharField(required="default" not in declared, strip=False, **common)
    limits = {"min_value": declared.get("minimum"), "max_value": declared.get("maximum")}
    if kind == "integer":
        return forms.IntegerField(**limits, **common)
    return forms.FloatField(**limits, **common)
