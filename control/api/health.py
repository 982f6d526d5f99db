"""Is it up, and can somebody work with it? For whoever starts, watches or balances it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control import __version__
from control.api.face import ApiView
from control.api.problems import ApiProblem
from control.api.schema import Shape
from control.history.facts import iso


class Health(Shape):
    status = serializers.ChoiceField(["ok"])
    version = serializers.CharField()
    time = serializers.DateTimeField()


class HealthCheck(ApiView):
    rights: ClassVar = {"GET": None}
    operations: ClassVar = {"GET": "health"}
    tag = "system"
    authentication_classes = ()

    @extend_schema(responses={200: OpenApiResponse(Health, "The database answers, and somebody can log in.")})
    def get(self, request: Request) -> Response:
        """Whether it works.

        503 when the database does not answer, and until the first login has been created.
        """
        if not get_user_model().objects.filter(is_active=True).exists():
            raise ApiProblem(
                "not-ready", _("There is no login yet. Run: manage.py start, or manage.py createsuperuser")
            )
        return Response({"status": "ok", "version": __version__, "time": iso(timezone.now())})
