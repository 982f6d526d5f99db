"""What an analysis has found, in a sentence or two for whoever has never seen one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from control.history.facts import Facts
from control.pages.dataset_words import ATTRIBUTES
from control.pages.told import told_text
from control.states import StepOutcome

# Mean silhouettes from which clusters are called so: docs/analyses.md.
APART, REASONABLE, WEAK = 0.7, 0.5, 0.25


def age_text(at: datetime) -> str:
    """How long ago: in minutes at the least."""
    age = timezone.now() - at
    return _("less than a minute") if age < timedelta(minutes=1) else timesince(at)


def finding_of(batch: Facts) -> str:
    """What it comes down to; of an analysis that failed for another reason, that reason."""
    result = batch["result"]
    if result.get("kind") == "drift":
        return _drift(result.get("drift", []))
    if batch["outcome"] != StepOutcome.PASS:
        return told_text(batch["message"])
    note: str = result.get("summary", {}).get("note", "")
    return told_text(note)


def _drift(rows: list[Facts]) -> str:
    if not rows:
        return _("There are too few images on one side: nothing was judged.")
    for verdict, sentence in (
        ("drifted", _("%(count)s of %(all)s attributes have drifted: %(names)s.")),
        ("moderate", _("No attribute has drifted, but %(count)s of %(all)s have moved moderately: %(names)s.")),
    ):
        names = [str(ATTRIBUTES.get(row["attribute"], row["title"])) for row in rows if row["verdict"] == verdict]
        if names:
            return sentence % {"count": len(names), "all": len(rows), "names": ", ".join(names)}
    return _("No attribute has drifted.")


def separation_of(result: dict[str, Any]) -> Facts | None:
    """How well the clusters stand apart: the silhouette of the number that was chosen, and a word for it."""
    scores = [choice["score"] for choice in result.get("choices", [])]
    if not scores:
        return None
    best = max(scores)
    words = (
        (APART, _("the clusters stand apart")),
        (REASONABLE, _("reasonable clusters")),
        (WEAK, _("weak, the clusters overlap")),
    )
    word = next((word for least, word in words if best >= least), _("hardly any structure"))
    return {"score": best, "word": word}
