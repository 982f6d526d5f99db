"""The journal: append-only streams of events with a gapless number."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from control.models.batch import Batch


class Stream(models.Model):
    """A counter and a fence. `batch/<id>`: a batch's story; `board`: every change of state; `alerts`: failures;
    `safety`: safe states that were made beside runs.
    """

    name = models.CharField(_("name"), max_length=60, unique=True)
    batch = models.OneToOneField(Batch, models.CASCADE, verbose_name=_("batch"), null=True, related_name="stream")
    # the first one that has not been pruned
    first_seq = models.BigIntegerField(_("first number"), default=1)
    last_seq = models.BigIntegerField(_("last number"), default=0)
    # raised by each supervisor: fences the one before it
    generation = models.PositiveIntegerField(_("generation"), default=0)
    spool_offset = models.BigIntegerField(_("imported bytes"), default=0)  # bytes of the spool that are in the database

    class Meta:
        verbose_name = _("stream")
        verbose_name_plural = _("streams")

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    class Level(models.TextChoices):
        DEBUG = "DEBUG", _("Debug")
        INFO = "INFO", _("Info")
        WARNING = "WARNING", _("Warning")
        ERROR = "ERROR", _("Error")

    stream = models.ForeignKey(Stream, models.CASCADE, verbose_name=_("stream"), related_name="events", db_index=False)
    seq = models.BigIntegerField(_("number"))  # 1, 2, 3 … without a gap
    at = models.DateTimeField(_("time"))
    kind = models.CharField(_("kind"), max_length=20)
    level = models.CharField(_("level"), max_length=7, choices=Level.choices, default=Level.INFO)
    step = models.PositiveIntegerField(_("step"), null=True)  # index in the plan
    message = models.TextField(_("message"), blank=True)
    data = models.JSONField(_("data"), default=dict)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [models.UniqueConstraint(fields=["stream", "seq"], name="event_once")]
        ordering = ["stream", "seq"]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"
