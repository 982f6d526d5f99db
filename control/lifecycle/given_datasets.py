"""The datasets that an order names: those that its sequence needs, with content that can be worked on, on one host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from control.lifecycle.refusals import BadValue, UnknownDataset, WrongState, can_be_kept
from control.models import Dataset
from sequences.items.options import (
    AUTOMATIC,
    LARGEST_CHUNK,
    LONGEST_TIMEOUT_S,
    MOST_LANES,
    MOST_PIXELS,
    NEEDS,
    SHORTEST_TIMEOUT_S,
    ItemsOptions,
    effective_options,
)
from sequences.limits import is_number
from sequences.manifest import Manifest
from sequences.wording import quoted, shown

ROLES = NEEDS[-1]
MISSING = {
    "dataset": gettext_noop("'%(sequence)s' works on a dataset. Name one: its id, as GET /api/datasets/ lists them."),
    "target_dataset": gettext_noop(
        "'%(sequence)s' compares two datasets. Name the second one, target_dataset: its id, as GET /api/datasets/ "
        "lists them."
    ),
}
# Anything else that is left out of an order is what the manifest says.
OPTIONS = ("chunk_size", "item_timeout_s", "max_pixels", "lanes")


def find_datasets(manifest: Manifest, named: Mapping[str, str | None]) -> dict[str, Dataset]:
    """The datasets of an order by role, exactly those that its sequence needs.

    Raises BadValue that names the role, WrongState for one that cannot be worked on now.
    """
    found: dict[str, Dataset] = {}
    for role in ROLES:
        name = named.get(role)
        if role in manifest.needs:
            if not name:
                raise BadValue(_(MISSING[role]) % {"sequence": manifest.name}, field=role)
            found[role] = _ready(find_dataset(name, field=role), role)
        elif name:
            sentence = _("'%(sequence)s' takes no '%(role)s'. Leave it out, or choose a sequence that needs one.")
            raise BadValue(sentence % {"sequence": manifest.name, "role": role}, field=role)
    return found


def hold_datasets(datasets: Mapping[str, Dataset]) -> None:
    """Let nobody remove or read them anew until the transaction ends. Raises WrongState when somebody has."""
    if not datasets:
        return
    keys = {dataset.pk for dataset in datasets.values()}
    held = {row.pk: row for row in Dataset.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")}
    for role, dataset in datasets.items():
        now = held.get(dataset.pk)
        if now is None or now.sha256 != dataset.sha256:
            sentence = _("Dataset '%(name)s' was changed in this moment. Look at it, then submit again.")
            raise WrongState(sentence % {"name": dataset.name}, field=role)
        _ready(now, role)


def find_dataset(name: str, *, field: str = "dataset") -> Dataset:
    """The dataset with this id, or the only one of this name. Raises UnknownDataset or BadValue with `field`."""
    try:
        found = list(Dataset.objects.filter(pk=UUID(name)))
    except ValueError:
        named = Dataset.objects.filter(name=name).exclude(state=Dataset.State.REMOVED)
        found = list(named[:2]) if can_be_kept(name) else []
    if len(found) == 1:
        return found[0]
    words = {"name": quoted(name)}
    if found:
        sentence = _("Several datasets are called '%(name)s'. Name the one that you mean by its id.")
        raise BadValue(sentence % words, field=field)
    sentence = _("There is no dataset '%(name)s'. GET /api/datasets/ lists all of them.")
    raise UnknownDataset(sentence % words, field=field)


def station_of(datasets: Mapping[str, Dataset]) -> str | None:
    """The station whose host has these files; None where every host can read them. Raises BadValue for two hosts."""
    bound = {role: found for role, found in datasets.items() if found.kind != Dataset.Kind.BUCKET}
    stations = {found.station_id for found in bound.values()}
    if len(stations) > 1:
        sentence = _("The files of these datasets lie on the hosts of different stations: %(places)s.")
        places = ", ".join(f"{found.name}: {found.station_id}" for found in bound.values())
        raise BadValue(sentence % {"places": places}, field=ROLES[-1])
    return stations.pop() if stations else None


def checked_options(manifest: Manifest, asked: Mapping[str, Any]) -> ItemsOptions | dict[str, Any]:
    """What holds for the items of a batch; nothing for a sequence that needs no dataset.

    `asked`: by the names in OPTIONS, None for what was left out. Raises BadValue that names the option.
    """
    given = {name: asked[name] for name in OPTIONS if asked.get(name) is not None}
    for name, value in given.items():
        _check_option(manifest, name, value)
    if not manifest.needs:
        return {}
    return effective_options(
        manifest.items,
        max_failed_items=manifest.max_failed_items,
        chunk_size=given.get("chunk_size"),
        timeout_s=given.get("item_timeout_s"),
        max_pixels=given.get("max_pixels"),
        lanes=given.get("lanes"),
    )


def _check_option(manifest: Manifest, name: str, value: Any) -> None:
    """Raises BadValue."""
    if not manifest.needs:
        sentence = _(
            "'%(sequence)s' does not work on a dataset, so that '%(name)s' would change nothing. Leave it out."
        )
        raise BadValue(sentence % {"sequence": manifest.name, "name": name}, field=name)
    whole = isinstance(value, int) and not isinstance(value, bool)
    values: dict[str, Any] = {"given": shown(value)}
    match name:
        case "chunk_size":
            fine = whole and AUTOMATIC <= value <= LARGEST_CHUNK
            sentence = _('A chunk has from 1 to %(most)d items, or "auto"; this is %(given)s.')
            values["most"] = LARGEST_CHUNK
        case "item_timeout_s":
            fine = is_number(value) and SHORTEST_TIMEOUT_S <= value <= LONGEST_TIMEOUT_S
            sentence = _("An item may take from %(least)g to %(most)g seconds; this is %(given)s.")
            values |= {"least": SHORTEST_TIMEOUT_S, "most": LONGEST_TIMEOUT_S}
        case "max_pixels":
            fine = whole and 1 <= value <= MOST_PIXELS
            sentence = _("The limit of pixels is from 1 to %(most)d; this is %(given)s.")
            values["most"] = MOST_PIXELS
        case _:
            fine = whole and 0 <= value <= MOST_LANES
            sentence = _("From 1 to %(most)d lanes may work on a batch, or 0 for all there are; this is %(given)s.")
            values["most"] = MOST_LANES
    if not fine:
        raise BadValue(sentence % values, field=name)


def _ready(dataset: Dataset, role: str) -> Dataset:
    """The dataset. One that is being read will do where its content is known: then the batch waits for it.

    Raises WrongState that says how far it is.
    """
    values = {"name": dataset.name, "read": dataset.read_files, "total": dataset.total_files, "why": dataset.message}
    match dataset.state:
        case Dataset.State.READY:
            return dataset
        case Dataset.State.READING if dataset.sha256:
            return dataset
        case Dataset.State.READING:
            sentence = _("Dataset '%(name)s' is being read: %(read)d of %(total)d files. Submit it again afterwards.")
        case Dataset.State.RECEIVING:
            sentence = _("Dataset '%(name)s' still receives files. Complete it first, then it is read.")
        case Dataset.State.FAILED:
            sentence = _("Dataset '%(name)s' cannot be read: %(why)s Have it read again, or choose another one.")
        case _:
            sentence = _("Dataset '%(name)s' has no files any more. Choose another one.")
    raise WrongState(sentence % values, field=role)
