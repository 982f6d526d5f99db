"""Rows that mirror what stands on the bench: stations, their slots and instruments, and who holds what."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Station(models.Model):
    """One bench or PC, as its station file describes it."""

    id = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=60)
    default_sequence = models.CharField(max_length=100, blank=True)
    host = models.CharField(max_length=200)
    configuration = models.JSONField(default=dict)
    configuration_sha256 = models.CharField(max_length=64)
    heartbeat_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Instrument(models.Model):
    """Anything a step talks to."""

    id = models.CharField(primary_key=True, max_length=100)  # "demo/psu-1"
    station = models.ForeignKey(Station, models.CASCADE, related_name="instruments")
    name = models.SlugField(max_length=60)
    driver = models.CharField(max_length=200)
    resource = models.CharField(max_length=300)
    calibration_due = models.DateField(null=True)

    def __str__(self) -> str:
        return self.id


class Slot(models.Model):
    """A place that runs one batch at a time. A lane is a slot without instruments."""

    class Kind(models.TextChoices):
        SLOT = "SLOT", _("Slot")
        LANE = "LANE", _("Lane")

    id = models.CharField(primary_key=True, max_length=100)  # "demo/slot-1"
    station = models.ForeignKey(Station, models.CASCADE, related_name="slots")
    name = models.SlugField(max_length=60)
    kind = models.CharField(max_length=4, choices=Kind.choices)
    position = models.PositiveIntegerField()
    sequence = models.CharField(max_length=100, blank=True)
    instruments = models.JSONField(default=dict)  # role -> name of an instrument
    in_service = models.BooleanField(default=True)
    latch = models.JSONField(null=True)  # a copy of the guard's latch file
    safe = models.BooleanField(null=True)  # the guard's last word; None: not known yet

    class Meta:
        ordering = ["station", "kind", "position"]

    def __str__(self) -> str:
        return self.id


class Lease(models.Model):
    """Who holds an instrument. The primary key makes a second holder impossible."""

    instrument = models.OneToOneField(Instrument, models.CASCADE, primary_key=True)
    holder = models.UUIDField(db_index=True)  # id of a batch
    since = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.instrument_id} held by {self.holder}"
