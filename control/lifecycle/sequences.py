"""Which sequences may be started: an engineer takes one out of use, with a reason, and lets it be used again."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from control.lifecycle.actor import LONGEST_REASON, USER_REQUEST, Actor
from control.lifecycle.control_events import record_control_event
from control.lifecycle.packages import MANUAL_CONTROL, known_package
from control.lifecycle.refusals import BadValue, NotFound, WrongState, can_be_kept, check_text
from control.models import ControlEvent, Sequence
from sequences.catalogue import Package
from sequences.driver_check import are_allowed, not_allowed
from sequences.wording import quoted

NEEDS_REASON = gettext_noop("Say why: whoever wants to start the sequence is told.")


def enable_sequence(name: str, enabled: bool, *, by: Actor, reason: str = "") -> Sequence:
    """Let a sequence be started, or not; what runs and waits goes on. Raises NotFound, BadValue without a reason.

    Effects, in order: its row, a ControlEvent; neither when it is so already. To disable takes a reason.
    """
    check_text("reason", reason, LONGEST_REASON)
    if not enabled and reason.strip() in ("", USER_REQUEST):
        raise BadValue(_(NEEDS_REASON), field="reason")
    if known_package(name) is None and not (can_be_kept(name) and Sequence.objects.filter(pk=name).exists()):
        raise NotFound(_("There is no sequence '%(name)s'.") % {"name": quoted(name)})
    with transaction.atomic():
        sequence, _new = Sequence.objects.select_for_update().get_or_create(pk=name)
        if sequence.enabled != enabled:
            before = {"enabled": sequence.enabled, "reason": sequence.reason}
            sequence.enabled, sequence.reason = enabled, reason or USER_REQUEST
            sequence.by, sequence.at = by.name, timezone.now()
            sequence.save()
            record_control_event(
                ControlEvent.Kind.SEQUENCE_CHANGE,
                by=by,
                reason=sequence.reason,
                at_once=True,
                scope=name,
                details={"change": "enabled" if enabled else "disabled"},
                before=before,
                after={"enabled": enabled, "reason": sequence.reason},
            )
    return sequence


def check_may_start(package: Package) -> None:
    """Raises WrongState for manual sessions and what was disabled, BadValue where driver classes are not allowed."""
    if package.name == MANUAL_CONTROL:
        raise WrongState(
            _(
                "A manual session is begun at its slot: on the slot's page, or with "
                "POST /api/slots/STATION/SLOT/manual/."
            )
        )
    sequence = Sequence.objects.filter(pk=package.name, enabled=False).first()
    if sequence is not None:
        raise WrongState(disabled_sentence(sequence))
    if package.manifest.drivers and not may_bring_drivers(package.name):
        raise BadValue(not_allowed(package.manifest).said(_))


def disabled_sentence(sequence: Sequence) -> str:
    """Who has disabled it, and why."""
    return _("Sequence '%(name)s' is disabled (%(by)s: %(reason)s). An engineer can enable it again.") % {
        "name": sequence.name,
        "by": sequence.by,
        "reason": sequence.reason,
    }


def may_bring_drivers(name: str) -> bool:
    """Whether GWANJE_PACKAGE_DRIVERS names this sequence."""
    return are_allowed(name, settings.PACKAGE_DRIVERS)
