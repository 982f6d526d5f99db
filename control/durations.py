"""Times as people write them: 500ms, 20s, 5m, 12h, 30d. A leaf, for settings and for flags of commands."""

from __future__ import annotations

import re

TAKES = "a time such as 500ms, 20s, 5m, 12h or 30d"

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str) -> float:
    """Seconds; a number without a unit is one of seconds. Raises ValueError, whose text says what it takes."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?", text.strip())
    if match is None:
        raise ValueError(TAKES)
    return float(match[1]) * _SECONDS[match[2] or "s"]
