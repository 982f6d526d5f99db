"""Fields of forms for what a manifest declares: what fits the type, and all that is known of the parameter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.html import format_html_join
from django.utils.translation import gettext as _

from control.lifecycle.refusals import UNKEPT, can_be_kept
from control.pages.values import number_text, value_text
from sequences.parameters import expected_value

PREFIX = "parameter-"
NUMBERS = ("number", "integer")


class TextField(forms.CharField):
    """What was typed, as it is: the lifecycle judges it, so that page and API refuse in the same sentences."""

    def __init__(self, **more: Any) -> None:
        super().__init__(required=False, **more)
        self.validators = []

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        if not can_be_kept(text):
            raise forms.ValidationError(_(UNKEPT))
        return text


class Choice(forms.Select):
    """Chooses nothing by itself: a browser would take the first one where the value is none of those offered."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        if not {str(offered) for offered, _text in self.choices} & set(value):
            self.choices = [("", _("Choose …")), *self.choices]
        return super().optgroups(name, value, attrs)


class ChoiceField(TextField):
    """One of some values, which are told apart as the sequence does: 2 is the 2.0 that is offered."""

    def __init__(self, values: Mapping[str, Any], **more: Any) -> None:
        choices = [(key, value_text(value)) for key, value in values.items()]
        super().__init__(widget=Choice(choices=choices), **more)
        self.values = values

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str):
            return value
        return next((key for key, known in self.values.items() if known is value or known == value), value)


def parameter_field(name: str, declared: Mapping[str, Any], *, beginning: bool = True) -> forms.Field:
    """A field for what the manifest declares. `beginning`: of a run, when its default holds and it must be given."""
    needed = beginning and "default" not in declared
    field = _field_of(
        declared,
        label=name.replace("_", " "),
        help_text=_help(declared, beginning=beginning),
        initial=declared.get("default"),
    )
    field.unit = declared.get("unit", "")
    field.needed = needed
    if needed:
        field.widget.attrs["aria-required"] = "true"
    return field


def _help(declared: Mapping[str, Any], *, beginning: bool) -> str:
    """What the author says of it, its range, and what holds unless somebody says otherwise."""
    unit = declared.get("unit", "")
    parts = [declared.get("description", ""), _range(declared.get("minimum"), declared.get("maximum"), unit)]
    if beginning and "default" in declared and declared["type"] != "boolean":
        parts.append(_("Default: %(value)s") % {"value": value_text(declared["default"], unit)})
    if beginning and declared.get("live"):
        parts.append(_("May be changed while it runs"))
    return format_html_join(" · ", "<span>{}</span>", [(part,) for part in parts if part])


def _range(low: float | None, high: float | None, unit: str) -> str:
    """`4.5 … 6 V`, `≥ 0`."""
    if low is None and high is None:
        return ""
    if low is not None and high is not None:
        return f"{number_text(low)} … {number_text(high)} {unit}".rstrip()
    sign, bound = ("≤", high) if low is None else ("≥", low)
    return f"{sign} {value_text(bound, unit)}"


def _field_of(declared: Mapping[str, Any], **common: Any) -> forms.Field:
    kind = declared["type"]
    if "enum" in declared:
        return ChoiceField({str(value): value for value in declared["enum"]}, **common)
    if kind == "boolean" and "default" in declared:
        return forms.BooleanField(required=False, widget=forms.CheckboxInput({"role": "switch"}), **common)
    if kind == "boolean":  # a switch would say no where nobody has said anything
        return ChoiceField({"true": True, "false": False}, **common)
    if kind == "string":
        return TextField(strip=False, **common)
    return TextField(widget=forms.TextInput(_number_attributes(declared)), **common)


def _number_attributes(declared: Mapping[str, Any]) -> dict[str, Any]:
    """A field of numbers would throw away what is no number before anybody can say what is wrong with it.

    The range is for a script that tells about a value at once; it forbids nothing, the server judges.
    """
    bounds = {f"data-{name}": declared[name] for name in ("minimum", "maximum") if declared.get(name) is not None}
    whole = declared["type"] == "integer"
    positive = declared.get("minimum", -1) >= 0  # a pad of digits has no minus sign
    return {
        "inputmode": ("numeric" if whole else "decimal") if positive else "text",
        "autocomplete": "off",
        "data-expected": _("Expected: %(expected)s.") % {"expected": expected_value(declared).said(_)},
        **({"data-whole": "yes"} if whole else {}),
        **bounds,
    }
