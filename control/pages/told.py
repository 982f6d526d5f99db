"""Sentences that records hold in English, as pages tell them in the reader's language.

The engine, the guards and the functions of the lifecycle write them with values in their places;
`static/control/told.js` finds those values again. What no sentence here matches stays as it was written.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from control.lifecycle.actor import USER_REQUEST

STORED = (
    gettext_noop("Every step passed."),
    gettext_noop("Step '%(step)s' failed: %(why)s"),
    gettext_noop("Step '%(step)s' timed out: %(why)s"),
    gettext_noop("Step '%(step)s' ended with an error: %(why)s"),
    gettext_noop("step '%(step)s' failed"),
    gettext_noop("step '%(step)s' timed out"),
    gettext_noop("step '%(step)s' ended with an error"),
    gettext_noop("it took longer than its %(seconds)s s"),
    gettext_noop("%(name)s: %(value)s is above the maximum %(limit)s"),
    gettext_noop("%(name)s: %(value)s is below the minimum %(limit)s"),
    gettext_noop("Stopped before the first step: %(why)s."),
    gettext_noop("Stopped before step '%(step)s': %(why)s."),
    gettext_noop("Stopped in step '%(step)s': %(why)s."),
    gettext_noop("Timeout before step '%(step)s': %(why)s."),
    gettext_noop("Timeout in step '%(step)s': %(why)s."),
    gettext_noop("it was running when the sequence's %(seconds)s s were over"),
    gettext_noop("Stopped by %(by)s before it began: %(why)s"),
    gettext_noop("Emergency stop of %(scope)s by %(by)s before it began: %(why)s"),
    gettext_noop("Emergency stop of %(scope)s by %(by)s: %(why)s"),
    gettext_noop("Emergency stop by %(by)s before it began: %(why)s"),
    gettext_noop("Nothing was started: %(why)s"),
    gettext_noop("%(scope)s reset by %(by)s: %(why)s"),
    gettext_noop("The guard of the slot died during the run."),
    gettext_noop("The runner died by itself: %(how)s."),
    gettext_noop("The runner did not move on at its deadline and was killed."),
    gettext_noop("The grace of a stop ran out and the runner was killed."),
    gettext_noop("Nobody knows this run any more: the host was restarted during it."),
    gettext_noop("not begun"),
    gettext_noop("the batch had ended"),
    gettext_noop("the run was stopped"),
    gettext_noop("the run was not ready to begin"),
    gettext_noop("the sequence took too long"),
    gettext_noop("nothing was set up"),
)


def told_sentences() -> list[tuple[str, str]]:
    """Each stored sentence beside the one that people of the active language are told."""
    return [(USER_REQUEST, _("no reason given")), *((stored, _(stored)) for stored in STORED)]
