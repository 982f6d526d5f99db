"""What happens by itself at set times."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from control.models.batch import Batch

SHORTEST_INTERVAL_S = 60


class Schedule(models.Model):
    """When to do one of a few fixed things. Which function that is stands in code, never in a row."""

    class Action(models.TextChoices):
        RUN_SEQUENCE = "RUN_SEQUENCE", _("Run a sequence")
        BACKUP = "BACKUP", _("Back up")
        PRUNE = "PRUNE", _("Remove old batches")

    id = models.UUIDField(_("ID"), primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=100, unique=True)
    enabled = models.BooleanField(_("enabled"), default=True)
    # Whose housekeeping does it.
    station = models.ForeignKey("stations.Station", models.PROTECT, verbose_name=_("station"), related_name="schedules")
    action = models.CharField(_("action"), max_length=12, choices=Action.choices)
    order = models.JSONField(_("order"), default=dict)  # of RUN_SEQUENCE: fields of control.lifecycle.submit.Order
    options = models.JSONField(_("options"), default=dict)  # of the others: control.lifecycle.schedules.actions

    # One of the two.
    cron = models.CharField(_("cron"), max_length=100, blank=True)
    every_s = models.PositiveIntegerField(_("interval (s)"), null=True)
    time_zone = models.CharField(_("time zone"), max_length=60, blank=True)  # of `cron`; empty: the station's

    next_at = models.DateTimeField(_("next run"), null=True)  # whoever moves it on may do what was due
    busy_since = models.DateTimeField(_("busy since"), null=True)  # a backup or pruning waits or goes on
    last_at = models.DateTimeField(_("last result at"), null=True)
    last_due_at = models.DateTimeField(_("was due"), null=True)
    last_result = models.TextField(_("last result"), blank=True)
    last_batch = models.ForeignKey(
        Batch, models.SET_NULL, verbose_name=_("last batch"), null=True, related_name="schedules"
    )
    missed = models.PositiveIntegerField(_("missed runs"), default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("user"), null=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                # `every_s >= 60` alone is neither true nor false of none, which a constraint lets through.
                condition=Q(cron="", every_s__isnull=False, every_s__gte=SHORTEST_INTERVAL_S)
                | (~Q(cron="") & Q(every_s__isnull=True)),
                name="schedule_has_one_timing",
            ),
            models.CheckConstraint(
                condition=Q(enabled=True, next_at__isnull=False) | Q(enabled=False, next_at__isnull=True),
                name="schedule_waits_while_enabled",
            ),
        ]
        indexes = [
            models.Index(fields=["station", "next_at"], name="schedule_due"),
            models.Index(fields=["station"], condition=Q(busy_since__isnull=False), name="schedule_busy"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone_name(self) -> str:
        """The zone that its times are meant in."""
        return self.time_zone or self.station.time_zone
