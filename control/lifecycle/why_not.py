"""Why a state does not take a control: a sentence for each pair that the table of controls leaves out."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from control.lifecycle.packages import MANUAL_CONTROL
from control.lifecycle.refusals import WrongState
from control.models import Batch
from control.states import ALLOWED_CONTROLS, TERMINAL, Control, State

NOTHING_LEFT = {
    Control.PAUSE: gettext_noop(
        "The batch has ended (%(state)s), there is nothing left to pause. Run it again to repeat it."
    ),
    Control.RESUME: gettext_noop(
        "The batch has ended (%(state)s): only one that was stopped or has crashed can go on. "
        "Run it again to repeat it."
    ),
    Control.STOP: gettext_noop(
        "The batch has ended (%(state)s), there is nothing left to stop. Run it again to repeat it."
    ),
    Control.SKIP: gettext_noop(
        "The batch has ended (%(state)s), there is no step left to skip. Run it again to repeat it."
    ),
    Control.SETTINGS: gettext_noop(
        "The batch has ended (%(state)s), its settings cannot change any more. Run it again with other ones."
    ),
    Control.RESTART: gettext_noop(
        "The batch has ended (%(state)s), there is nothing left to restart. Run it again to repeat it."
    ),
}
NOT_NOW = {
    (Control.PAUSE, State.QUEUED): gettext_noop(
        "The batch is queued, it cannot pause now. Stop it if it should not run."
    ),
    (Control.PAUSE, State.PAUSED): gettext_noop("The batch is paused, it cannot pause now. Resume it to go on."),
    (Control.RESUME, State.QUEUED): gettext_noop(
        "The batch is queued, it cannot resume now. It starts by itself when its slot is free."
    ),
    (Control.RESUME, State.RUNNING): gettext_noop("The batch is running, it cannot resume now. It is not paused."),
    (Control.SKIP, State.QUEUED): gettext_noop(
        "The batch is queued, none of its steps can be skipped yet. Wait until it runs, or stop it."
    ),
    (Control.SETTINGS, State.QUEUED): gettext_noop(
        "The batch is queued, its settings change only while it runs. Stop it, and submit it with other parameters."
    ),
    (Control.RESTART, State.QUEUED): gettext_noop(
        "The batch is queued, there is nothing to restart. It starts by itself when its slot is free."
    ),
    (Control.RERUN, State.QUEUED): gettext_noop(
        "The batch is queued, it has not run yet. Submit another one to have two."
    ),
    (Control.RERUN, State.RUNNING): gettext_noop(
        "The batch is running, it cannot run again now. Restart it, or wait until it has ended."
    ),
    (Control.RERUN, State.PAUSED): gettext_noop(
        "The batch is paused, it cannot run again now. Restart it, or wait until it has ended."
    ),
}


BY_HAND = {
    Control.PAUSE: gettext_noop(
        "%(by)s drives the instruments by hand, there is nothing to pause. End the manual session instead."
    ),
    Control.RESUME: gettext_noop(
        "%(by)s has taken the batch over and drives its instruments by hand. Give it back first, at its slot."
    ),
}
NO_STEP_OF_A_SESSION = gettext_noop("A manual session has no steps that could be skipped. End it instead, at its slot.")


def check_not_by_hand(word: Control, batch: Batch) -> None:
    """Raises WrongState for what would take the instruments out of somebody's hands unasked. A stop always may."""
    if word == Control.SKIP and batch.sequence == MANUAL_CONTROL:
        raise WrongState(_(NO_STEP_OF_A_SESSION))
    if batch.manual_by and word in BY_HAND:
        raise WrongState(_(BY_HAND[word]) % {"by": batch.manual_by})


def check_allowed(word: Control, state: State) -> None:
    """Raises WrongState, with the state and what to do instead."""
    if word in ALLOWED_CONTROLS[state]:
        return
    if state in TERMINAL:
        raise WrongState(_(NOTHING_LEFT[word]) % {"state": state.label})
    raise WrongState(_(NOT_NOW[word, state]))
