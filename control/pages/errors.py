"""What is answered instead of a page: a refusal, a mistake of ours, and a database that is away."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import BadRequest, DisallowedHost
from django.db import Error, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template import loader
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from control.access.rights import Right
from control.pages.answers import problem, wants_json
from control.pages.shell import shell

AWAY = (OperationalError, InterfaceError)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Logged in, but without the right. Somebody without any right is told whom to ask."""
    detail = str(exception) or _("Your groups do not allow this. Ask an administrator.")
    return _refusal(request, 403, "403.html", _("Not allowed"), detail)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open while somebody logged in or out, or that another site has sent."""
    detail = _("This page is out of date, so nothing was done. Go back, reload it and try again.")
    return _refusal(request, 403, "403.html", _("Not allowed"), detail)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _refusal(request, 404, "404.html", _("Not found"), _("There is no such page, or no longer."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What no page makes: a filter that does not exist, a form of a thousand files, a name that is not ours."""
    title, detail = _("Not understood"), _("This address or form holds something that Gwanje does not take.")
    if isinstance(exception, DisallowedHost):  # no address of ours can be made for somebody who does not know our name
        return _plain(400, {"title": title, "detail": detail})
    if isinstance(exception, BadRequest):
        detail = str(exception) or detail
    return _refusal(request, 400, "404.html", title, detail)


def bodies_of_forms(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: by the length that is announced. More than this does not come in, see control.body_limits."""

    def handle(request: HttpRequest) -> HttpResponse:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if length <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE or request.path.startswith("/api/"):
            return get_response(request)
        title = _("Too large")
        detail = _("No page takes more than %(most).1f MiB. Nothing was done.") % {
            "most": settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1024**2
        }
        return problem(413, detail) if wants_json(request) else _plain(413, {"title": title, "detail": detail})

    return handle


def wrong_methods(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: Django answers a method that a page does not take with an empty one."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if isinstance(response, HttpResponseNotAllowed):
            detail = _("This address is there for the buttons of pages. Go to the overview, and press one.")
            page = _refusal(request, 405, "404.html", _("Not opened like this"), detail)
            response.content = page.content
            response.headers["Content-Type"] = page.headers["Content-Type"]
        return response

    return handle


def server_error(request: HttpRequest) -> HttpResponse:
    """No database and no user is asked for here: whatever failed may be just that."""
    away = isinstance(sys.exc_info()[1], AWAY)
    if away:
        status, title = 503, _("The database does not answer")
        detail = _("Batches go on and nothing is lost. This page loads again by itself.")
    else:
        status, title = 500, _("Something went wrong in Gwanje")
        detail = _("It is written in the log of the web process. Batches are not touched by it.")
    if wants_json(request) or request.path.startswith("/api/"):
        return problem(status, f"{title}. {detail}")
    context = {"title": title, "detail": detail, "away": away}
    response = _plain(status, context)
    if away:
        response.headers["Retry-After"] = "5"
    return response


def _refusal(request: HttpRequest, status: int, template: str, title: str, detail: str) -> HttpResponse:
    if wants_json(request):
        return problem(status, detail)
    try:
        around = shell(request)["shell"]
        stranger = around.user.is_authenticated and Right.SEE not in around.rights
        context = {**admin.site.each_context(request), "title": title, "detail": detail, "stranger": stranger}
        return TemplateResponse(request, template, context, status=status).render()
    except Error:
        return _plain(status, {"title": title, "detail": detail})


def _plain(status: int, context: dict[str, Any]) -> HttpResponse:
    """A page that needs neither database nor login."""
    return HttpResponse(loader.render_to_string("control/plain.html", context), status=status)
