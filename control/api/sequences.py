"""The sequences that can be run on this host, as their packages describe themselves."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.face import ApiView
from control.api.pagination import WholeList, whole_list
from control.api.schema import Shape
from sequences.catalogue import Package, find_packages


class SequenceFacts(Shape):
    """A sequence, and what it takes."""

    name = serializers.CharField()
    version = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    kind = serializers.CharField()
    parameters = serializers.DictField(
        child=serializers.DictField(),
        help_text="By name: type, default, unit, minimum, maximum, enum, pattern, description, live.",
    )
    instruments = serializers.DictField(child=serializers.CharField(), help_text="What each role is for.")
    limits = serializers.DictField(child=serializers.DictField())
    sha256 = serializers.CharField()
    problems = serializers.ListField(
        child=serializers.CharField(), help_text="Why it cannot run, as `file:line: message`; empty when it can."
    )


def sequence_facts(package: Package) -> dict[str, Any]:
    manifest = package.manifest
    return {
        "name": package.name,
        "version": package.version,
        "title": package.title,
        "description": package.description,
        "kind": manifest.kind,
        "parameters": manifest.parameters,
        "instruments": manifest.instruments,
        "limits": manifest.limits,
        "sha256": package.sha256,
        "problems": [str(problem) for problem in package.problems],
    }


class Sequences(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "list_sequences"}
    tag = "sequences"
    pagination_class = WholeList

    @extend_schema(responses=SequenceFacts(many=True))
    def get(self, request: Request) -> Response:
        """All sequences, by name, with everything that is wrong with those that cannot run."""
        packages = find_packages(settings.SEQUENCE_DIRS)
        return whole_list([sequence_facts(packages[name]) for name in sorted(packages)])
