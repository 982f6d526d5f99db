"""The one-time link of the first start: its secret stands behind the #, so a script of the page sends it."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.request import split_domain_port
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from control.access.language import give_chosen_language
from control.access.login_links import is_loopback, use_login_link
from control.pages.language import local_path


@never_cache
@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
def login_link(request: HttpRequest) -> HttpResponse:
    """GET shows a page that sends its own fragment; POST lets in, once, and only from this host."""
    if not _on_this_host(request):
        raise PermissionDenied(_("A one-time link works only on the host where Gwanje was started."))
    if request.method == "GET":
        return _page(request, "")
    user = use_login_link(request.POST.get("secret", ""))
    if user is None:
        return _page(request, _("This link has been used or has expired. Log in with your password."), status=403)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return give_chosen_language(HttpResponseRedirect(local_path(request, request.POST.get("next", ""))), user)


def _page(request: HttpRequest, refusal: str, status: int = 200) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": _("Log in"), "refusal": refusal}
    return TemplateResponse(request, "control/login_link.html", context, status=status)


def _on_this_host(request: HttpRequest) -> bool:
    """By both ends: behind a proxy everybody seems to come from this host, but asks for another name."""
    asked, _port = split_domain_port(request.get_host())
    return is_loopback(request.META.get("REMOTE_ADDR", "")) and is_loopback(asked)
