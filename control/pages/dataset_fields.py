"""Fields of the form of a new batch for the datasets that its sequence needs, and for how it goes over their items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q
from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from control.models import Batch, Dataset
from control.pages.parameter_fields import Choice, TextField
from sequences.items.options import AUTO, AUTOMATIC, DATASET, LARGEST_CHUNK, TARGET
from sequences.manifest import Manifest

OFFERED = 300  # the newest; any other one can be chosen from its own page
NAMES = (DATASET, TARGET, "chunk_size", "lanes", "fresh")


def dataset_fields(manifest: Manifest, chosen: Mapping[str, Any]) -> dict[str, forms.Field]:
    """By name; none for a sequence that needs no dataset. `chosen`: what the form begins with, or was sent."""
    if not manifest.needs:
        return {}
    labels = {DATASET: _("Dataset"), TARGET: _("Dataset to compare with")}
    fields: dict[str, forms.Field] = {
        role: _picker(labels[role], str(chosen.get(role) or "")) for role in manifest.needs
    }
    size = manifest.items.chunk_size
    fields["chunk_size"] = _number(
        _("Items in a chunk"),
        _("1 to %(most)d, or auto. Left empty: %(usual)s.")
        % {"most": LARGEST_CHUNK, "usual": AUTO if size == AUTOMATIC else size},
        inputmode="text",
    )
    fields["lanes"] = _number(_("Lanes at most"), _("Left empty: as many as there are."), inputmode="numeric")
    if manifest.cacheable:
        fields["fresh"] = forms.BooleanField(
            required=False,
            label=_("Do it afresh"),
            help_text=_("Also when the same has been done before. What is being done already is not done twice."),
            widget=forms.CheckboxInput({"role": "switch"}),
        )
    return fields


def chosen_items(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """What an order says of datasets and items, from the fields of a form."""
    return {
        DATASET: cleaned.get(DATASET) or None,
        TARGET: cleaned.get(TARGET) or None,
        "chunk_size": _typed_number(cleaned.get("chunk_size", "")),
        "lanes": _typed_number(cleaned.get("lanes", "")),
        "fresh": bool(cleaned.get("fresh")),
    }


def items_as_before(batch: Batch) -> dict[str, Any]:
    """What these fields begin with to do the same again."""
    if batch.dataset_id is None:
        return {}
    size, lanes = batch.items_options["chunk_size"], batch.items_options["lanes"]
    return {
        DATASET: str(batch.dataset_id),
        TARGET: str(batch.target_dataset_id or ""),
        "chunk_size": AUTO if size == AUTOMATIC else str(size),
        "lanes": str(lanes or ""),
    }


def _picker(label: str, chosen: str) -> forms.Field:
    """Those that are ready, the newest first. What is sent is judged by the lifecycle, as over the API."""
    ready = Q(state=Dataset.State.READY)
    rows = list(Dataset.objects.filter(ready).order_by("-pk")[:OFFERED])
    choices = [(str(row.pk), _described(row)) for row in rows]
    field = TextField(label=label, widget=Choice(choices=_with_chosen(choices, chosen)))
    if not choices:
        field.help_text = _("There is no dataset that is ready. Add one on the page Datasets, then come back.")
    field.needed = True
    field.widget.attrs["aria-required"] = "true"
    return field


def _with_chosen(choices: list[tuple[str, str]], chosen: str) -> list[tuple[str, str]]:
    """Also the one that was asked for, should it not be among them."""
    if not chosen or any(key == chosen for key, _text in choices):
        return choices
    try:
        row = Dataset.objects.filter(pk=chosen).first()
    except (ValueError, forms.ValidationError):
        row = None
    return choices if row is None else [(chosen, f"{_described(row)} · {row.get_state_display()}"), *choices]


def _described(dataset: Dataset) -> str:
    files = ngettext("%(count)s file", "%(count)s files", dataset.total_files) % {
        "count": number_format(dataset.total_files, use_l10n=True, force_grouping=True)
    }
    return f"{dataset.name} · {files}, {filesizeformat(dataset.total_bytes)}"


def _number(label: str, help_text: str, *, inputmode: str) -> forms.Field:
    widget = forms.TextInput({"inputmode": inputmode, "autocomplete": "off"})
    return TextField(label=label, help_text=help_text, widget=widget)


def _typed_number(text: str) -> Any:
    """A whole number where it is one; anything else as it was typed, for whoever refuses it."""
    typed = text.strip()
    if typed == AUTO:
        return AUTOMATIC
    return int(typed) if typed.isdecimal() and len(typed) < 10 else typed or None
