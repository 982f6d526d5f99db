"""The site around admin and pages: whoever may see, may enter."""

from __future__ import annotations

from django.http import HttpRequest
from unfold.sites import UnfoldAdminSite

from control.access.rights import Right, may


class GwanjeAdminSite(UnfoldAdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        return may(request.user, Right.SEE)
