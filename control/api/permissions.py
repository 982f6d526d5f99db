"""What they may: every view names its right per method, and the one table of rights decides."""

from __future__ import annotations

from django.utils.translation import gettext as _
from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from control.access.keys import KeyHolder
from control.access.rights import Right, rights_of


class RightMissing(PermissionDenied):
    """Known, but not allowed. `right` is what is missing."""

    def __init__(self, right: Right, holder: KeyHolder | None) -> None:
        words = {"right": right.value, "meaning": right.label}
        if holder is None:
            detail = _("You do not have the right '%(right)s' (%(meaning)s). An administrator can give it.") % words
        else:
            words["key"] = holder.key.name
            detail = _("The key '%(key)s' does not have the right '%(right)s' (%(meaning)s).") % words
        super().__init__(detail)
        self.right = right


def rights_held(request: Request) -> frozenset[Right]:
    """What whoever asks may do: all that their groups allow, or that their key does."""
    holder = request.auth if isinstance(request.auth, KeyHolder) else None
    return holder.rights if holder else rights_of(request.user)


class HasRight(BasePermission):
    """Holds each request to `view.rights`; None there means that everybody may."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        method = "GET" if request.method == "HEAD" else request.method
        if method not in view.rights:
            raise MethodNotAllowed(request.method)
        right = view.rights[method]
        if right is None:
            return True
        if not request.user.is_authenticated:
            raise NotAuthenticated(_("Log in, or send a key: Authorization: Bearer KEY."))
        holder = request.auth if isinstance(request.auth, KeyHolder) else None
        if right not in rights_held(request):
            raise RightMissing(right, holder)
        return True
