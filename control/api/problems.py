"""Problem answers by RFC 9457: whatever goes wrong under /api/ is told in one shape, with a sentence that helps."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers

from control.api.permissions import RightMissing
from control.lifecycle.refusals import BadValue, Refused, UnknownDataset, UnknownName, WrongState
from sequences.parameters import ParameterError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

# The last part of `type` (urn:gwanje:…), and the status that it comes with. Documented one by one in docs/api.md.
TYPES: dict[str, int] = {
    "bad-value": 400,
    "unknown-name": 400,
    "unreadable-body": 400,
    "login-needed": 401,
    "bad-key": 401,
    "forbidden": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "not-acceptable": 406,
    "wrong-state": 409,
    "length-required": 411,
    "too-large": 413,
    "unsupported-media-type": 415,
    "internal": 500,
    "not-ready": 503,
    "database-away": 503,
}
_BY_EXCEPTION: dict[type[Exception], str] = {
    exceptions.ParseError: "unreadable-body",
    exceptions.NotAuthenticated: "login-needed",
    exceptions.AuthenticationFailed: "bad-key",
    UnknownName: "unknown-name",
    UnknownDataset: "unknown-name",
}
_BY_STATUS = {status: name for name, status in reversed(TYPES.items())}


class ApiProblem(exceptions.APIException):
    """A problem of the API's own, by the name of its type."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(detail)
        self.name = name
        self.status_code = TYPES[name]


class Problem(serializers.Serializer):
    """Why a request was not carried out (RFC 9457)."""

    type = serializers.ChoiceField([f"urn:gwanje:{name}" for name in TYPES], help_text="What happened, for programs.")
    title = serializers.CharField(help_text="The status in words.")
    status = serializers.IntegerField(help_text="The HTTP status.")
    detail = serializers.CharField(help_text="What happened and what to do, for people.")
    instance = serializers.CharField(help_text="The path that was asked for.")
    errors = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="The problems of each field of the body, or of each query parameter.",
    )
    right = serializers.CharField(required=False, help_text="403: the right that is missing.")


@dataclass(frozen=True)
class _Found:
    name: str
    detail: str
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)


def answer_problem(error: Exception, context: Mapping[str, Any]) -> JsonResponse:
    """The answer to any exception of a view: none of them ever becomes a page of HTML."""
    return _response(_find(error), context["request"].path)


def _response(found: _Found, path: str) -> JsonResponse:
    status = TYPES[found.name]
    body = {
        "type": f"urn:gwanje:{found.name}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": found.detail,
        "instance": path,
        **({"errors": found.errors} if found.errors else {}),
        **found.more,
    }
    # Not by a renderer: a problem is JSON, whatever the view answers otherwise.
    return JsonResponse(
        body,
        status=status,
        headers=found.headers,
        content_type=MEDIA_TYPE,
        json_dumps_params={"ensure_ascii": False},
    )


def _find(error: Exception) -> _Found:
    if isinstance(error, Refused):
        return _Found(_BY_EXCEPTION.get(type(error), _BY_STATUS[error.status]), str(error), _fields_of(error))
    if isinstance(error, OperationalError | InterfaceError):
        log.warning("the database does not answer: %s", error)
        detail = _("The database does not answer. Try again; an emergency stop works on the station's host without it.")
        return _Found("database-away", detail, headers={"Retry-After": "2"})
    if isinstance(error, Http404):
        return _Found("not-found", str(error) or _("There is nothing here."))
    if isinstance(error, PermissionDenied):
        return _Found("forbidden", str(error) or _("You may not do this."))
    if isinstance(error, RequestDataTooBig):  # Django has looked at the announced length before any parser did
        return _of_framework(too_large())
    if isinstance(error, exceptions.ValidationError):
        return _bad_values(error.detail)
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    log.error("an unexpected error under /api/", exc_info=error)
    return _Found("internal", _("Something went wrong here, not with you. The log of the web process tells what."))


def too_large() -> ApiProblem:
    return ApiProblem("too-large", _("The body is larger than 1 MiB. Put large data into a file."))


def not_known(name: str, known: Iterable[str]) -> str:
    """The sentence about a field or parameter that does not exist."""
    names = sorted(known)
    if near := difflib.get_close_matches(name, names, 1):
        return _("This is not known here. Did you mean '%(name)s'?") % {"name": near[0]}
    if not names:
        return _("This is not known here. Leave it out: nothing is asked for.")
    return _("This is not known here. Known: %(names)s.") % {"names": ", ".join(names)}


def _fields_of(error: Refused) -> dict[str, list[str]]:
    """Which field of the body a refusal is about, where that is known."""
    if isinstance(error, UnknownName):
        return {error.what: [str(error)]}
    if isinstance(error.__cause__, ParameterError):
        return {"parameters": str(error).splitlines()}
    if isinstance(error, BadValue | WrongState) and error.field:
        return {error.field: [str(error)]}
    return {}


def _bad_values(detail: Any) -> _Found:
    if not isinstance(detail, Mapping):
        return _Found("bad-value", " ".join(_sentences(detail)))
    errors = {str(name): _sentences(found) for name, found in detail.items()}
    words = [
        sentence if name == "non_field_errors" else f"{name}: {sentence}"
        for name, sentences in errors.items()
        for sentence in sentences
    ]
    errors.pop("non_field_errors", None)
    return _Found("bad-value", " ".join(words), errors)


def _sentences(found: Any) -> list[str]:
    if isinstance(found, Mapping):
        return [f"{name}: {sentence}" for name, inner in found.items() for sentence in _sentences(inner)]
    if isinstance(found, list | tuple):
        return [sentence for inner in found for sentence in _sentences(inner)]
    return [str(found)]


def _of_framework(error: exceptions.APIException) -> _Found:
    headers = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    more = {"right": error.right.value} if isinstance(error, RightMissing) else {}
    name = (
        error.name
        if isinstance(error, ApiProblem)
        else _BY_EXCEPTION.get(type(error), _BY_STATUS.get(error.status_code, "internal"))
    )
    detail = str(error.detail)
    if isinstance(error, exceptions.UnsupportedMediaType):
        detail = f"{detail} " + _("Send JSON, with the header Content-Type: application/json.")
    return _Found(name, detail, headers=headers, more=more)
