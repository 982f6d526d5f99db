"""The journal: append-only streams of events with a gapless number."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from control.models.batch import Batch


class Stream(models.Model):
    """A counter and a fence. `batch/<id>`: a batch's story; `board`: every change of state; `alerts`: failures."""

    name = models.CharField(max_length=60, unique=True)
    batch = models.OneToOneField(Batch, models.CASCADE, null=True, related_name="stream")
    last_seq = models.BigIntegerField(default=0)
    generation = models.PositiveIntegerField(default=0)  # raised by each supervisor: fences the one before it
    spool_offset = models.BigIntegerField(default=0)  # bytes of the spool that are in the database

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    class Level(models.TextChoices):
        DEBUG = "DEBUG", _("Debug")
        INFO = "INFO", _("Info")
        WARNING = "WARNING", _("Warning")
        ERROR = "ERROR", _("Error")

    stream = models.ForeignKey(Stream, models.CASCADE, related_name="events", db_index=False)
    seq = models.BigIntegerField()  # 1, 2, 3 … without a gap
    at = models.DateTimeField()
    kind = models.CharField(max_length=20)
    level = models.CharField(max_length=7, choices=Level.choices, default=Level.INFO)
    step = models.PositiveIntegerField(null=True)  # index in the plan
    message = models.TextField(blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "seq"], name="event_once")]
        ordering = ["stream", "seq"]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"
