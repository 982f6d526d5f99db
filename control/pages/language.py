"""The language switch of the user menu."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from control.access.language import give_language, keep_language


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Show pages in another language: kept with the user when somebody is logged in, else with the browser alone."""
    language = request.POST.get("language", "")
    response = HttpResponseRedirect(local_path(request, request.POST.get("next", "")))
    if language not in dict(settings.LANGUAGES):
        return response
    if request.user.is_authenticated:
        keep_language(request.user, language)
    return give_language(response, language)


def local_path(request: HttpRequest, path: str) -> str:
    """The path, if it leads to a page of ours; else the overview."""
    ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, None, require_https=request.is_secure())
    return path if ours else reverse("control:overview")
