"""Who may open a page, and how it is drawn inside the shell."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from control.access.rights import Right, may
from control.pages.answers import problem, wants_json

View = Callable[..., HttpResponse]


def needs(right: Right) -> Callable[[View], View]:
    """Let in whoever has a right. Nobody is logged in: to the login page, and back; without the right: 403.

    A script gets its answer (401) instead of the login page. No browser keeps what is shown: it is of this moment, and
    for this person alone.
    """

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if may(request.user, right):
                return view(request, *args, **kwargs)
            if request.user.is_authenticated:
                raise PermissionDenied
            if wants_json(request):
                return problem(401, _("You are logged out. Log in to go on."))
            return redirect_to_login(
                request.get_full_path() if request.method == "GET" else reverse("control:overview"),
                reverse("admin:login"),
            )

        return guarded

    return decorate


def draw(request: HttpRequest, template: str, title: str, status: int = 200, **context: Any) -> HttpResponse:
    """A page with navigation and header around it."""
    around = {**admin.site.each_context(request), "title": title}
    return TemplateResponse(request, template, {**around, **context}, status=status)
