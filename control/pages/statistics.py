"""How much was done in the last hour, day or week."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from control.access.rights import Right
from control.history.durations import duration_text
from control.history.facts import Facts
from control.history.statistics import PERIODS, read_statistics
from control.pages.inside import draw, needs

DEFAULT = "24h"
HIGH = 100  # of the plot; each part is as wide


@require_safe
@needs(Right.SEE)
def statistics_page(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("period", DEFAULT)
    period = asked if asked in PERIODS else DEFAULT
    names = {"1h": _("Last hour"), "24h": _("Last day"), "7d": _("Last week")}
    refusal = "" if asked == period else _("There is no period '%(name)s'.") % {"name": asked[:20]}
    found = read_statistics(period, timezone.now())
    return draw(
        request,
        "control/statistics.html",
        _("Statistics"),
        status=400 if refusal else 200,
        refusal=refusal,
        periods=[{"name": name, "word": word, "chosen": name == period} for name, word in names.items()],
        **_shown(found),
    )


def _shown(found: Facts) -> dict[str, Any]:
    chunks = found["chunks"]
    times = {name: None if chunks[name] is None else duration_text(chunks[name]) for name in _TIMES}
    return {
        "found": found,
        "item_time": None if found["item_ms"] is None else duration_text(found["item_ms"] / 1000),
        "chunk_times": times,
        "bars": _bars(found["parts"]),
        "most": max((part["completed_items"] + part["failed_items"] for part in found["parts"]), default=0),
        "part": _PARTS[found["period"]](),
        "since": parse_datetime(found["since"]),
        "lanes": [
            {**lane, "percent": round(100 * lane["share"], 1), "busy": duration_text(lane["busy_s"])}
            for lane in found["lanes"]
        ],
    }


# How long each bar of a period is.
_PARTS = {"1h": lambda: _("5 minutes"), "24h": lambda: _("one hour"), "7d": lambda: _("6 hours")}
_TIMES = ("median_s", "p95_s", "longest_s")


def _bars(parts: list[Facts]) -> list[dict[str, Any]]:
    """Each part of the period as a bar: completed items, and failed ones on top."""
    most = max((part["completed_items"] + part["failed_items"] for part in parts), default=0) or 1
    bars = []
    for place, part in enumerate(parts):
        good, bad = (round(HIGH * part[name] / most) for name in ("completed_items", "failed_items"))
        at = {"x": place * 10 + 1, "good": good, "good_y": HIGH - good, "bad": bad, "bad_y": HIGH - good - bad}
        bars.append({**part, **at, "at": parse_datetime(part["at"])})
    return bars
