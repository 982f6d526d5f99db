"""The sequences that can be run on this host, as their packages describe themselves; and whether they may be."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.bodies import Body, Reason, Text, reason_in
from control.api.face import ApiView
from control.api.pagination import WholeList, whole_list
from control.api.schema import Shape
from control.history.facts import Facts
from control.history.sequences import BUNDLED, COUNTED, FOLDER, WHEEL, decisions, sequence_facts, whole_sequence
from control.lifecycle.actor import LONGEST_REASON
from control.lifecycle.packages import known_package, known_packages
from control.lifecycle.refusals import NotFound
from control.lifecycle.sequences import NEEDS_REASON, enable_sequence
from control.models import Sequence
from sequences.wording import quoted


class Disabled(Shape):
    """Who has taken a sequence out of use."""

    by = serializers.CharField()
    at = serializers.DateTimeField()
    reason = serializers.CharField()


class ItemsOfSequence(Shape):
    """How a sequence goes over the items of its datasets, unless a batch is given something else."""

    chunk_size = serializers.IntegerField(help_text="Items that are worked on together; 0: automatic.")
    timeout_s = serializers.FloatField(help_text="Of one item.")
    max_pixels = serializers.IntegerField(help_text="Of one image.")
    max_failed_items = serializers.IntegerField(help_text="With more of them, the batch fails.")


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
    needs = serializers.ListField(
        child=serializers.CharField(), help_text="The datasets that a batch must be given: dataset, target_dataset."
    )
    items = ItemsOfSequence(allow_null=True, help_text="How it goes over their items; null without datasets.")
    unique = serializers.BooleanField(help_text="A submit equal to a batch that waits or runs is answered with that.")
    cacheable = serializers.BooleanField(help_text="A submit equal to a completed batch is answered with that one.")
    concurrent = serializers.IntegerField(allow_null=True, help_text="How many may run at a time on each station.")
    sha256 = serializers.CharField(help_text="Of all files of its package; empty for a wheel that does not have it.")
    problems = serializers.ListField(
        child=serializers.CharField(), help_text="Why it cannot run, as `file:line: message`; empty when it can."
    )
    warnings = serializers.ListField(child=serializers.CharField(), help_text="What is suspicious, likewise.")
    enabled = serializers.BooleanField(help_text="false: an engineer has disabled it, and it cannot be started.")
    disabled = Disabled(allow_null=True, help_text="By whom and why, while it is.")
    source = serializers.ChoiceField([BUNDLED, FOLDER, WHEEL], help_text="Where it comes from.")
    place = serializers.CharField(help_text="Its folder, or name and version of the wheel.")


class StepOfSequence(Shape):
    """A step as its source shows it."""

    name = serializers.CharField()
    group = serializers.CharField(help_text="setup, main or teardown.")
    within = serializers.CharField(help_text="The nested groups that it belongs to, outermost first.")
    line = serializers.IntegerField(help_text="In sequence.py.")
    says = serializers.CharField(help_text="The first line of its docstring.")
    options = serializers.DictField(child=serializers.CharField(), help_text="As they are written.")


class VersionOfSequence(Shape):
    """A content under which a sequence ran."""

    version = serializers.CharField()
    sha256 = serializers.CharField()
    first = serializers.DateTimeField(help_text="When a batch was first submitted with it.")
    last = serializers.DateTimeField()
    batches = serializers.IntegerField(help_text=f"Among the last {COUNTED:,} of the sequence.")
    live = serializers.IntegerField(help_text="How many of them wait or run.")


class WholeSequence(SequenceFacts):
    """A sequence with all that can be known of it before it runs."""

    schema = serializers.DictField(help_text="The parameters as JSON Schema; units stand in `x-unit`.")
    drivers = serializers.DictField(
        child=serializers.CharField(), help_text="Driver classes that its package brings, by role."
    )
    steps = StepOfSequence(many=True)
    readme = serializers.CharField(help_text="Its README.md, at most 64 KiB; empty without one.")
    versions = VersionOfSequence(many=True, help_text="Those that ran, the last used first.")


class Why(Body):
    """Why a sequence is taken out of use."""

    reason = Text(
        max_length=LONGEST_REASON,
        missing=NEEDS_REASON,
        help_text="Told to whoever wants to start it.",
    )


SWITCHED = {200: WholeSequence, 204: OpenApiResponse(description="Done. Its package is not in the catalogue any more.")}


class Sequences(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "list_sequences"}
    tag = "sequences"
    pagination_class = WholeList

    @extend_schema(responses=SequenceFacts(many=True))
    def get(self, request: Request) -> Response:
        """All sequences, by name, with everything that is wrong with those that cannot run."""
        packages, decided = known_packages(), decisions()
        return whole_list([sequence_facts(packages[name], decided.get(name)) for name in sorted(packages)])


class OneSequence(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "read_sequence"}
    tag = "sequences"

    @extend_schema(responses=WholeSequence)
    def get(self, request: Request, name: str) -> Response:
        """A sequence with its steps, the JSON Schema of its parameters, and the versions that ran."""
        return Response(one_sequence(name))


class Enable(ApiView):
    rights: ClassVar = {"POST": Right.ENGINEER}
    operations: ClassVar = {"POST": "enable_sequence"}
    tag = "sequences"

    @extend_schema(request=Reason, responses=SWITCHED)
    def post(self, request: Request, name: str) -> Response:
        """Let a sequence be started again."""
        reason = reason_in(Reason.read(request).validated_data)
        enable_sequence(name, True, by=self.actor, reason=reason)
        return switched(name)


class Disable(ApiView):
    rights: ClassVar = {"POST": Right.ENGINEER}
    operations: ClassVar = {"POST": "disable_sequence"}
    tag = "sequences"

    @extend_schema(request=Why, responses=SWITCHED)
    def post(self, request: Request, name: str) -> Response:
        """Take a sequence out of use: nobody can start it, also no schedule. What runs or waits goes on."""
        enable_sequence(name, False, by=self.actor, reason=Why.read(request).validated_data["reason"])
        return switched(name)


def switched(name: str) -> Response:
    """What has become of it. Its batches can be run again when its package is gone, so it can be switched then, too."""
    return Response(one_sequence(name)) if known_package(name) is not None else Response(status=204)


def one_sequence(name: str) -> Facts:
    """Raises NotFound."""
    package = known_package(name)
    if package is None:
        raise NotFound(_("There is no sequence '%(name)s'.") % {"name": quoted(name)})
    return whole_sequence(package, Sequence.objects.filter(pk=name).first())
