"""What a run used, as its page shows it."""

from __future__ import annotations

import json
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from control.history.facts import Facts
from control.history.limits import limits_text
from control.pages.values import change_text, value_text
from sequences.items.options import AUTOMATIC


def provenance_of(facts: Facts, units: dict[str, str]) -> dict[str, Any]:
    """The context of `batch_provenance.html`. `units`: of parameters."""
    changed = facts["settings"]
    return {
        "provenance": facts,
        # As lists: to a template, a parameter called "items" would hide the dictionary's own.
        "parameters": [
            {"name": name, "text": _parameter(value, changed.get(name, value), name in changed, units.get(name, ""))}
            for name, value in facts["parameters"].items()
        ],
        "limits": [(name, limits_text(bounds, bounds.get("unit", ""))) for name, bounds in facts["limits"].items()],
        "ladder": [
            (_("Time to stop"), value_text(facts["stop_grace_s"], "s")),
            (_("Time after SIGTERM"), value_text(facts["term_grace_s"], "s")),
            (_("Time after a deadline"), value_text(facts["deadline_grace_s"], "s")),
        ],
        "items": _items(facts["items_options"]),
        "carried": _carried(facts["carried"]),
        "resources": _resources(facts["resources"]),
        "station_configuration": json.dumps(facts["station_configuration"], indent=2, ensure_ascii=False),
    }


def _parameter(value: Any, now: Any, changed: bool, unit: str) -> str:
    return change_text(value, now, unit) if changed else value_text(value, unit)


def _carried(carried: Facts | None) -> Facts | None:
    """Which steps were taken over, counted from 1, and the batch in which they ran; None where none were."""
    if not carried or not carried["steps"]:
        return None
    ranges = [(steps["first"] + 1, steps["last"] + 1) for steps in carried["steps"]]
    texts = [str(first) if first == last else f"{first} – {last}" for first, last in ranges]
    return {"steps": ", ".join(texts), "address": reverse("control:batch", args=[carried["batch"]])}


def _items(options: Facts | None) -> list[tuple[str, str]]:
    """How it goes over items; nothing without a dataset."""
    if options is None:
        return []
    return [
        (_("Items in a chunk"), _("automatic") if options["chunk_size"] == AUTOMATIC else str(options["chunk_size"])),
        (_("Time of an item at most"), value_text(options["timeout_s"], "s")),
        (_("Pixels of an image at most"), f"{options['max_pixels']:,}"),
        (_("Failed items at most"), f"{options['max_failed_items']:,}"),
        (_("Lanes at most"), str(options["lanes"]) if options["lanes"] else _("all there are")),
    ]


def _resources(resources: Facts) -> list[tuple[str, str]]:
    names = {
        "memory_mb": (_("Memory"), "MiB"),
        "cpu_s": (_("CPU time"), "s"),
        "wall_s": (_("Wall time"), "s"),
        "files": (_("Open files"), ""),
        "output_mb": (_("Output"), "MiB"),
        "spool_mb": (_("Story"), "MiB"),
        "attachments_mb": (_("Attachments"), "MiB"),
    }
    return [
        (names[key][0], f"{value:,.10g} {names[key][1]}".strip()) for key, value in resources.items() if key in names
    ]
