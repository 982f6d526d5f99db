"""How a control is answered: JSON for scripts, a message and another page for forms; refusals with their sentence."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from control.lifecycle.refusals import NotFound, Refused


def wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def accepted(request: HttpRequest, sentence: str, then: str, *, sure: bool = True, **facts: Any) -> HttpResponse:
    """What was asked for will be done; `then` is the page that a form leads to. Not `sure`: it is told as an error."""
    if wants_json(request):
        return JsonResponse({"message": sentence, **facts}, status=HTTPStatus.ACCEPTED)
    messages.add_message(request, messages.SUCCESS if sure else messages.ERROR, sentence)
    return HttpResponseRedirect(then)


def refused(request: HttpRequest, error: Refused, then: str) -> HttpResponse:
    """Nothing was changed, and why."""
    if wants_json(request):
        return problem(error.status, str(error), fields=getattr(error, "problems", {}))
    messages.error(request, str(error))
    return HttpResponseRedirect(reverse("control:overview") if isinstance(error, NotFound) else then)


def problem(status: int, detail: str, fields: dict[str, str] | None = None) -> JsonResponse:
    """`fields`: what is wrong with each field of a form, where that is known."""
    more = {"fields": fields} if fields else {}
    return JsonResponse({"title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}, status=status)
