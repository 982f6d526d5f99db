"""What comes from the guards' side, which knows English alone, in the language of whoever reads it."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

SENTENCES = (
    gettext_noop("no guard runs; the slot is latched, whether its outputs are off is not known"),
    gettext_noop(
        "the guard did not answer and was killed; the slot is latched, whether its outputs are off is not known"
    ),
    gettext_noop("accepted, but no proof of the safe state in time"),
    gettext_noop("no guard answers; the latch is gone"),
    gettext_noop("no guard answers; another latch holds"),
)


def say(sentence: str) -> str:
    """The sentence that stands for a guard's status (stations.safety.emergency); others stay as they are."""
    return _(sentence)
