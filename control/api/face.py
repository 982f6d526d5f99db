"""What all views of the API share: strict query parameters, the actor behind a request, and how answers are chosen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import is_valid_path
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotAcceptable, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from control.access.faces import actor_of
from control.access.keys import KeyHolder
from control.access.rights import Right
from control.api.authentication import KeyAuthentication, LoginAuthentication
from control.api.bodies import JsonBody
from control.api.permissions import HasRight
from control.api.problems import ApiProblem, not_known, too_large
from control.lifecycle.actor import Actor
from control.models import ControlEvent
from sequences.wording import quoted


class OneAnswer(DefaultContentNegotiation):
    """JSON, or 406. No `?format=`: an unknown parameter is refused like every other."""

    def select_renderer(
        self, request: Request, renderers: list[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        accepted = self.get_accept_list(request)
        if any(kind.split(";")[0].strip() == renderers[0].media_type for kind in accepted):
            return renderers[0], renderers[0].media_type
        wanted = [kind.split(";")[0].strip() for kind in accepted]
        if any(kind in ("*/*", "application/*", "application/problem+json") for kind in wanted):
            return renderers[0], renderers[0].media_type
        raise NotAcceptable(available_renderers=renderers)


class AnyAnswer(OneAnswer):
    """JSON, whatever was asked for: what must be done is not refused for the form of its answer."""

    def select_renderer(
        self, request: Request, renderers: list[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


def announced_length(request: Request) -> int:
    """Bytes of its body."""
    return int(request.META.get("CONTENT_LENGTH") or 0)


class ApiView(GenericAPIView):
    """A view names its right, its operation and its query parameters for each method; nothing else is let through."""

    rights: ClassVar[Mapping[str, Right | None]]
    operations: ClassVar[Mapping[str, str]]  # operationId in the schema
    tag: ClassVar[str]
    query_parameters: ClassVar[Collection[str]] = ()
    repeatable: ClassVar[Collection[str]] = ()  # of these, parameters that may be given several times
    strict = True
    http_method_names: ClassVar = ["get", "post", "head"]
    authentication_classes = (KeyAuthentication, LoginAuthentication)
    permission_classes = (HasRight,)
    parser_classes = (JsonBody,)
    content_negotiation_class = OneAnswer

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not self.strict:
            return
        # Also with a length: that is then what control.body_limits has counted before it gave up.
        if "HTTP_TRANSFER_ENCODING" in request.META:
            raise ApiProblem("length-required", _("Send the body with its Content-Length."))
        self.check_length(request)
        self._check_query(request)

    def check_length(self, request: Request) -> None:
        """By the length that is announced: more than this does not come in, see control.body_limits."""
        if announced_length(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise too_large()

    def _check_query(self, request: Request) -> None:
        known = self.query_parameters if request.method in ("GET", "HEAD") else ()
        problems = {}
        for name, values in request.query_params.lists():
            if name not in known:
                problems[quoted(name)] = [not_known(quoted(name), known)]
            elif "" in values:
                problems[name] = [_("It is empty. Leave it out, or give it a value.")]
            elif len(values) > 1 and name not in self.repeatable:
                problems[name] = [_("It is given several times.")]
        if problems:
            raise ValidationError(problems)

    def finalize_response(self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any) -> Any:
        """Facts of this moment, for whoever asked: nothing on the way keeps them."""
        add_never_cache_headers(response)
        return super().finalize_response(request, response, *args, **kwargs)

    @property
    def actor(self) -> Actor:
        holder = self.request.auth
        key = holder.key if isinstance(holder, KeyHolder) else None
        return actor_of(self.request.user, ControlEvent.Face.API, key)


@extend_schema(exclude=True)
class NothingHere(ApiView):
    """Every address under /api/ that is none."""

    authentication_classes = ()
    permission_classes = ()
    content_negotiation_class = AnyAnswer
    rights: ClassVar[Mapping[str, Right | None]] = {}
    operations: ClassVar[Mapping[str, str]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if not request.path.endswith("/") and is_valid_path(f"{request.path}/"):
            raise Http404(_("There is nothing at %(path)s. Addresses end with a slash.") % {"path": request.path})
        raise Http404(_("There is nothing at %(path)s. See /api/docs/.") % {"path": request.path})
