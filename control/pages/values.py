"""Values of parameters and measurements as pages write them."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

NOTHING = "–"
LONGEST = 400  # characters of one value


def value_text(value: Any, unit: str = "") -> str:
    """Yes or no, a number with its unit, a text as it is, how many points a curve has; a dash for nothing."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return f"{number_text(value)} {unit}".rstrip()
    if isinstance(value, dict) and "points" in value:
        return _("%(count)s points") % {"count": value["points"]}
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def number_text(number: float) -> str:
    """Whole numbers with all their digits, others with as many as somebody wrote: 10 that matter."""
    return str(number) if isinstance(number, int) else f"{number:.10g}"


def change_text(value: Any, now: Any, unit: str = "") -> str:
    """`2 → 10 s (changed while it ran)`."""
    change = f"{value_text(value)} → {value_text(now, unit)}"
    return _("%(change)s (changed while it ran)") % {"change": change}


def difference_text(difference: float | None, relative: float | None, unit: str = "") -> str:
    """`+0.012 V (+0.36 %)`; nothing where there is no difference to tell."""
    if difference is None:
        return ""
    if difference == 0:
        return f"0 {unit}".rstrip()
    absolute = f"{difference:+.6g} {unit}".rstrip()
    if relative is None:
        return absolute
    percent = 100 * relative
    return f"{absolute} ({percent:{'+.0f' if 1000 <= abs(percent) < 1e15 else '+.3g'}} %)"
