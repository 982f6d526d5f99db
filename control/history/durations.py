"""Durations as a person writes them."""

from __future__ import annotations

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
