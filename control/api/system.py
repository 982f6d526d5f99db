"""What this installation is, and whether everything in it works."""

from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from control.access.rights import Right
from control.api.face import ApiView
from control.api.schema import Shape
from control.history.health_part import LEVELS
from control.history.system import read_info
from control.history.system_health import read_health


class DatabaseInfo(Shape):
    kind = serializers.ChoiceField(["sqlite", "postgresql"])
    version = serializers.CharField()


class DiskInfo(Shape):
    percent = serializers.FloatField(help_text="How full the disk of the data directory is, as df shows it.")
    free = serializers.IntegerField(help_text="In bytes.")


class StationInfo(Shape):
    id = serializers.CharField()
    name = serializers.CharField()
    host = serializers.CharField()
    here = serializers.BooleanField(help_text="It was started last on the host that answers.")
    alive = serializers.BooleanField()
    last_sign_of_life = serializers.DateTimeField(allow_null=True, help_text="Null: it was stopped on purpose.")
    time_zone = serializers.CharField()
    default_sequence = serializers.CharField()
    slots = serializers.IntegerField()
    lanes = serializers.IntegerField()
    backend = serializers.BooleanField(help_text="Its station file names a central server.")


class Features(Shape):
    backend = serializers.BooleanField()
    debug = serializers.BooleanField()
    package_drivers = serializers.ListField(child=serializers.CharField(), help_text="GWANJE_PACKAGE_DRIVERS.")


class SystemInfo(Shape):
    version = serializers.CharField()
    python = serializers.CharField()
    platform = serializers.CharField()
    host = serializers.CharField()
    time = serializers.DateTimeField()
    time_zone = serializers.CharField()
    languages = serializers.ListField(child=serializers.CharField())
    started_at = serializers.DateTimeField(help_text="Of the web process that answers.")
    uptime_s = serializers.IntegerField()
    database = DatabaseInfo()
    disk = DiskInfo()
    stations = StationInfo(many=True)
    roles = serializers.ListField(
        child=serializers.ChoiceField(["pages", "station"]), help_text="What the host that answers does."
    )
    features = Features()


class Trouble(Shape):
    level = serializers.ChoiceField(LEVELS[1:])
    text = serializers.CharField(help_text="For people, in the language that the request accepts.")
    remedy = serializers.CharField()


class Part(Shape):
    status = serializers.ChoiceField(LEVELS)
    problems = Trouble(many=True)


class DatabaseHealth(Part):
    kind = serializers.ChoiceField(["sqlite", "postgresql"])
    answers_ms = serializers.FloatField()


class StationHealth(Shape):
    id = serializers.CharField()
    name = serializers.CharField()
    host = serializers.CharField()
    here = serializers.BooleanField()
    alive = serializers.BooleanField()
    last_sign_of_life = serializers.DateTimeField(allow_null=True)


class StationsHealth(Part):
    stations = StationHealth(many=True)


class ProcessHealth(Shape):
    name = serializers.CharField()
    alive = serializers.BooleanField()


class WorkersHealth(Part):
    processes = ProcessHealth(many=True, help_text="Clusters and housekeeping of the host that answers.")
    running = serializers.IntegerField(help_text="Batches that run or pause, of all stations.")
    waiting = serializers.IntegerField(help_text="Batches that wait, of all stations.")
    places = serializers.IntegerField(help_text="Slots and lanes in service, of all stations that are alive.")


class GuardHealth(Shape):
    slot = serializers.CharField()
    answers = serializers.BooleanField()
    safe = serializers.BooleanField(allow_null=True)
    unsafe = serializers.BooleanField(allow_null=True, help_text="Not confirmed, until an engineer clears it.")
    latched = serializers.BooleanField(allow_null=True)
    run = serializers.CharField(allow_null=True, help_text="The batch that it runs.")


class GuardsHealth(Part):
    slots = GuardHealth(many=True, help_text="Of the host that answers.")


class BenchHealth(Part):
    slots = serializers.IntegerField(help_text="Slots and lanes that station files name, of all stations.")
    in_service = serializers.IntegerField(help_text="Of these, how many take work.")
    instruments = serializers.IntegerField()
    usable = serializers.IntegerField(help_text="Of these, how many have no problem known.")


class DiskHealth(Part, DiskInfo):
    pass


class SystemHealth(Shape):
    status = serializers.ChoiceField(LEVELS, help_text="That of the worst part.")
    time = serializers.DateTimeField()
    database = DatabaseHealth()
    stations = StationsHealth()
    workers = WorkersHealth()
    guards = GuardsHealth()
    bench = BenchHealth()
    disk = DiskHealth()
    backend_connected = serializers.BooleanField(allow_null=True, help_text="Null: there is none, or it is not known.")


class Info(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "system_info"}
    tag = "system"

    @extend_schema(responses=SystemInfo)
    def get(self, request: Request) -> Response:
        """What this installation is."""
        return Response(read_info(timezone.now()))


class HealthOfAll(ApiView):
    rights: ClassVar = {"GET": Right.SEE}
    operations: ClassVar = {"GET": "system_health"}
    tag = "system"

    @extend_schema(responses=SystemHealth)
    def get(self, request: Request) -> Response:
        """Whether everything works, part by part.

        200 whatever is wrong, as long as the database answers: read `status`.
        """
        return Response(read_health(timezone.now()))
