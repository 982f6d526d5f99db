"""Which controls the pages offer whom."""

from __future__ import annotations

from collections.abc import Collection

from control.access.rights import RIGHT_FOR, Right
from control.pages.controls import EMERGENCY_STOP
from control.states import ALLOWED_CONTROLS, LIVE, Control

# What a card of the overview has room for. The rest is on the batch's own page.
ON_CARDS = (Control.PAUSE, Control.RESUME, Control.STOP)


def allowed_controls(rights: frozenset[Right], offered: Collection[Control] = tuple(Control)) -> dict[str, list[str]]:
    """What a user may ask of a batch in each state: the lifecycle's table, cut down to the user's rights.

    `offered`: what a page has buttons for, besides the emergency stop.
    """
    allowed = {}
    for state, controls in ALLOWED_CONTROLS.items():
        words = [control.value for control in controls if control in offered and RIGHT_FOR[control] in rights]
        if state in LIVE and Right.EMERGENCY_STOP in rights:
            words.append(EMERGENCY_STOP)
        allowed[state.value] = words
    return allowed
