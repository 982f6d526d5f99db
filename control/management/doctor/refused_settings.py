"""Which variables the settings of this process were loaded without, and why: filled by control/settings_anyway.py."""

from __future__ import annotations

refused: list[str] = []
