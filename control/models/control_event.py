"""Who intervened, when, how and why."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from control.models.batch import Batch


class ControlEvent(models.Model):
    """The wish itself, not a note about it: the supervisor delivers what has no delivery time yet."""

    class Kind(models.TextChoices):
        BATCH_START = "BATCH_START", _("Start")
        BATCH_PAUSE = "BATCH_PAUSE", _("Pause")
        BATCH_RESUME = "BATCH_RESUME", _("Resume")
        BATCH_STOP = "BATCH_STOP", _("Stop")
        EMERGENCY_STOP = "EMERGENCY_STOP", _("Emergency stop")
        RESET = "RESET", _("Reset")

    class Face(models.TextChoices):
        COMMAND = "COMMAND", _("Command line")
        PAGE = "PAGE", _("Page")
        ADMIN = "ADMIN", _("Admin")
        API = "API", _("API")
        SYSTEM = "SYSTEM", _("System")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=14, choices=Kind.choices)
    batch = models.ForeignKey(Batch, models.CASCADE, null=True, related_name="control_events")
    scope = models.CharField(max_length=100, blank=True)  # of an emergency stop or reset: a slot, a station or "all"
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    by = models.CharField(max_length=150)
    face = models.CharField(max_length=7, choices=Face.choices)
    reason = models.CharField(max_length=500, default="USER_REQUEST")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    requested_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    obeyed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["batch", "id"],
                condition=models.Q(delivered_at__isnull=True),
                name="control_event_undelivered",
            )
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} by {self.by}"
