"""Durations as a person writes them."""

from __future__ import annotations

import math

from django.utils.formats import number_format
from django.utils.translation import gettext as _


def duration_text(seconds: float) -> str:
    """412 ms, 8.4 s, 3:07, 2:03:07, as `duration` of format.js writes it: rounded once, then only cut."""
    milliseconds = round(seconds * 1000)
    if milliseconds < 1000:
        return _("%(milliseconds)s ms") % {"milliseconds": milliseconds}
    if milliseconds < 60_000:
        return _("%(seconds)s s") % {"seconds": number_format(milliseconds // 100 / 10, 1)}
    minutes, rest = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def about_text(seconds: float) -> str:
    """A guess of what is still to come, as `roughly` of format.js writes it: 50 s, 1 min 50 s, 12 min, 1 h 10 min."""
    if seconds < 600:
        tens = max(1, _nearest(seconds / 10)) * 10
        parts = [(_("%(minutes)s min") % {"minutes": tens // 60}, tens // 60), (_seconds(tens % 60), tens % 60)]
    else:
        minutes = _nearest(seconds / 60)
        hours, minutes = divmod(minutes, 60)
        parts = [(_("%(hours)s h") % {"hours": hours}, hours), (_("%(minutes)s min") % {"minutes": minutes}, minutes)]
    return " ".join(text for text, count in parts if count)


def _nearest(number: float) -> int:
    """As JavaScript rounds: halves up."""
    return math.floor(number + 0.5)


def _seconds(seconds: int) -> str:
    return _("%(seconds)s s") % {"seconds": seconds}
