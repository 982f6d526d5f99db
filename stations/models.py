"""Rows that mirror what stands on the bench: stations, their slots and instruments, and who holds what."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Station(models.Model):
    """One bench or PC, as its station file describes it."""

    id = models.SlugField(_("ID"), primary_key=True, max_length=40)
    name = models.CharField(_("name"), max_length=200)
    time_zone = models.CharField(_("time zone"), max_length=60)
    default_sequence = models.CharField(_("default sequence"), max_length=100, blank=True)
    host = models.CharField(_("host"), max_length=200)
    configuration = models.JSONField(_("configuration"), default=dict)
    configuration_sha256 = models.CharField(_("checksum of the configuration"), max_length=64)
    # how many analyses run at a time
    analyses = models.PositiveSmallIntegerField(_("analyses at a time"), default=2)
    # How its host does, told with each heartbeat: {"load", "processors"}; see control.housekeeping.heartbeat.
    host_load = models.JSONField(_("load of the host"), null=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True)

    class Meta:
        verbose_name = _("station")
        verbose_name_plural = _("stations")

    def __str__(self) -> str:
        return self.name


class Instrument(models.Model):
    """Anything a step talks to."""

    id = models.CharField(_("ID"), primary_key=True, max_length=100)  # "demo/psu-1"
    station = models.ForeignKey(Station, models.CASCADE, verbose_name=_("station"), related_name="instruments")
    name = models.SlugField(_("name"), max_length=60)
    driver = models.CharField(_("driver"), max_length=200)
    resource = models.CharField(_("resource"), max_length=300)
    calibration_due = models.DateField(_("calibration due"), null=True)
    # What the guard of its slot found when it looked for it last, between two runs.
    present = models.BooleanField(_("present"), null=True)  # None: nobody has looked yet
    identity = models.CharField(_("identity"), max_length=200, blank=True)
    problem = models.TextField(_("problem"), blank=True)  # why it cannot be used; empty when it can
    last_answer_at = models.DateTimeField(_("last answer"), null=True)
    response_ms = models.FloatField(_("response time"), null=True)  # milliseconds, of the last answer
    # several batches may use it at once: it has no lease
    concurrent = models.BooleanField(_("concurrent"), default=False)

    class Meta:
        verbose_name = _("instrument")
        verbose_name_plural = _("instruments")

    def __str__(self) -> str:
        return self.id


class Slot(models.Model):
    """A place that runs one batch at a time. A lane is a slot without instruments."""

    class Kind(models.TextChoices):
        SLOT = "SLOT", _("Slot")
        LANE = "LANE", _("Lane")

    id = models.CharField(_("ID"), primary_key=True, max_length=100)  # "demo/slot-1"
    station = models.ForeignKey(Station, models.CASCADE, verbose_name=_("station"), related_name="slots")
    name = models.SlugField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=4, choices=Kind.choices)
    position = models.PositiveIntegerField(_("position"))
    sequence = models.CharField(_("sequence"), max_length=100, blank=True)
    instruments = models.JSONField(_("instruments"), default=dict)  # role -> name of an instrument
    in_file = models.BooleanField(_("in the station file"), default=True)
    taken_out = models.JSONField(_("taken out of service"), null=True)  # by somebody: {by, face, reason, at}
    health_problem = models.JSONField(_("health problem"), null=True)  # {"instruments": {name: what is wrong}, "at"}
    # It takes work: the file names it, nobody has taken it out, and its instruments answer.
    in_service = models.GeneratedField(
        verbose_name=_("in service"),
        expression=models.ExpressionWrapper(
            models.Q(in_file=True, taken_out__isnull=True, health_problem__isnull=True),
            output_field=models.BooleanField(),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    # The processes that hold it, on its station's host; None: none answers.
    guard_pid = models.PositiveIntegerField(_("process of the guard"), null=True)
    runner_pid = models.PositiveIntegerField(_("process of the run"), null=True)
    latch = models.JSONField(_("latch"), null=True)  # a copy of the guard's latch file
    safe = models.BooleanField(_("safe"), null=True)  # the guard's last word; None: not known yet
    unsafe = models.JSONField(_("not confirmed"), null=True)  # a copy of the guard's unsafe mark
    story_offset = models.BigIntegerField(_("imported bytes of its story"), default=0)

    class Meta:
        verbose_name = _("slot")
        verbose_name_plural = _("slots")
        ordering = ["station", "kind", "position"]

    def __str__(self) -> str:
        return self.id


class Lease(models.Model):
    """Who holds an instrument. The primary key makes a second holder impossible."""

    instrument = models.OneToOneField(Instrument, models.CASCADE, verbose_name=_("instrument"), primary_key=True)
    holder = models.UUIDField(_("held by batch"), db_index=True)  # id of a batch
    since = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")

    def __str__(self) -> str:
        return f"{self.instrument_id} held by {self.holder}"
