"""The schema and its two pages, for people: everything comes from this host, and no script stands in a page."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import ClassVar

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import cache_control
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView

READING = ["get", "head"]
REDOC = "drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js"
# The bundle loads its maker's picture from the internet. Here it is a transparent one; the maker's name stays.
PICTURE = "https://cdn.redoc.ly/redoc/logo-mini.svg"
NO_PICTURE = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


class SchemaFile(SpectacularAPIView):
    """The schema as YAML, or as JSON by `?format=json` or `Accept`."""

    http_method_names: ClassVar = READING


class Swagger(SpectacularSwaggerSplitView):
    """Reads, and tries out."""

    http_method_names: ClassVar = READING


class Redoc(SpectacularRedocView):
    """Reads."""

    http_method_names: ClassVar = READING
    template_name = "drf_spectacular/redoc.html"


class RedocScript(View):
    """The bundle of the sidecar, without the one thing in it that is not on this host."""

    http_method_names: ClassVar = READING

    @method_decorator(cache_control(public=True, max_age=24 * 3600))
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(_redoc(), content_type="text/javascript; charset=utf-8")


@cache
def _redoc() -> str:
    return Path(finders.find(REDOC)).read_text().replace(PICTURE, NO_PICTURE)
