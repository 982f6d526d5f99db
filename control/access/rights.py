"""The one table of rights, used by page, button, API, socket and admin."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from control.states import Control


class Right(TextChoices):
    """What somebody may do. The scopes of an API key carry the same names."""

    SEE = "see", _("See everything")
    EMERGENCY_STOP = "emergency-stop", _("Press the emergency stop")
    OPERATE = "operate", _("Start and steer batches")
    RESET = "reset", _("Lift an emergency stop")
    ENGINEER = "engineer", _("Change settings, slots and sequences")
    SCHEDULE = "schedule", _("Make and change schedules")
    ADMINISTER = "administer", _("Users, keys and station files")


class Role(TextChoices):
    """The groups that migrations create. A user may be in several; a superuser has every right."""

    VIEWER = "viewer", _("Viewer")
    OPERATOR = "operator", _("Operator")
    ENGINEER = "engineer", _("Engineer")
    ADMIN = "admin", _("Administrator")


_VIEWER = frozenset({Right.SEE, Right.EMERGENCY_STOP})
_OPERATOR = _VIEWER | {Right.OPERATE, Right.RESET}
_ENGINEER = _OPERATOR | {Right.ENGINEER, Right.SCHEDULE}

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: _VIEWER,
    Role.OPERATOR: _OPERATOR,
    Role.ENGINEER: _ENGINEER,
    Role.ADMIN: frozenset(Right),
}

# What each control of a batch takes.
RIGHT_FOR: dict[Control, Right] = {**dict.fromkeys(Control, Right.OPERATE), Control.SETTINGS: Right.ENGINEER}


def rights_of(user: AbstractBaseUser | AnonymousUser) -> frozenset[Right]:
    """Everything that the user's groups allow; nothing for strangers. Asks the database once per user object."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    if user.is_superuser:
        return frozenset(Right)
    known = getattr(user, "_gwanje_rights", None)
    if known is None:
        roles = [group.name for group in user.groups.all() if group.name in Role]
        known = user._gwanje_rights = frozenset().union(*(RIGHTS[Role(role)] for role in roles))
    return known


def may(user: AbstractBaseUser | AnonymousUser, right: Right) -> bool:
    return right in rights_of(user)
