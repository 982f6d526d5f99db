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
        BATCH_SKIP = "BATCH_SKIP", _("Skip a step")
        BATCH_SETTINGS = "BATCH_SETTINGS", _("Change settings")
        BATCH_RESTART = "BATCH_RESTART", _("Restart")
        BATCH_RERUN = "BATCH_RERUN", _("Run again")
        BATCH_MOVE = "BATCH_MOVE", _("Move in the queue")
        PROMPT_ANSWER = "PROMPT_ANSWER", _("Answer")
        MANUAL_COMMAND = "MANUAL_COMMAND", _("Command by hand")
        MANUAL_END = "MANUAL_END", _("End of manual control")
        TAKE_OVER = "TAKE_OVER", _("Take-over")
        GIVE_BACK = "GIVE_BACK", _("Giving back")
        BATCH_KEEP = "BATCH_KEEP", _("Keep")
        BATCH_RELEASE = "BATCH_RELEASE", _("Stop keeping")
        EMERGENCY_STOP = "EMERGENCY_STOP", _("Emergency stop")
        RESET = "RESET", _("Reset")
        CLEAR_UNSAFE = "CLEAR_UNSAFE", _("Clear what was not confirmed")
        MAKE_SAFE = "MAKE_SAFE", _("Make safe")
        SCHEDULE_CHANGE = "SCHEDULE_CHANGE", _("Change of a schedule")
        DATASET_CHANGE = "DATASET_CHANGE", _("Change of a dataset")
        SEQUENCE_CHANGE = "SEQUENCE_CHANGE", _("Change of a sequence")
        STATION_CHANGE = "STATION_CHANGE", _("Change of a station file")
        SLOT_OUT_OF_SERVICE = "SLOT_OUT_OF_SERVICE", _("Taken out of service")
        SLOT_IN_SERVICE = "SLOT_IN_SERVICE", _("Put into service")
        PRUNE = "PRUNE", _("Pruning")
        BACKUP = "BACKUP", _("Backup")

    class Face(models.TextChoices):
        COMMAND = "COMMAND", _("Command line")
        PAGE = "PAGE", _("Page")
        ADMIN = "ADMIN", _("Admin")
        API = "API", _("API")
        SYSTEM = "SYSTEM", _("System")

    id = models.UUIDField(_("ID"), primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    batch = models.ForeignKey(Batch, models.CASCADE, verbose_name=_("batch"), null=True, related_name="control_events")
    # of an emergency stop or reset: a slot, a station or "all"; of a schedule, sequence, station or slot: its name;
    # of a dataset: its id
    scope = models.CharField(_("scope"), max_length=100, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("user"), null=True)
    by = models.CharField(_("by"), max_length=150)
    face = models.CharField(_("origin"), max_length=7, choices=Face.choices)
    reason = models.CharField(_("reason"), max_length=500, default="USER_REQUEST")
    # of a wish: which step, which settings, which answer, which command to which instrument
    details = models.JSONField(_("details"), default=dict)
    before = models.JSONField(_("state before"), default=dict)
    after = models.JSONField(_("state after"), default=dict)
    requested_at = models.DateTimeField(_("requested"))
    delivered_at = models.DateTimeField(_("delivered"), null=True)
    obeyed_at = models.DateTimeField(_("obeyed"), null=True)

    class Meta:
        verbose_name = _("control event")
        verbose_name_plural = _("control events")
        indexes = [
            models.Index(
                fields=["batch", "id"],
                condition=models.Q(delivered_at__isnull=True),
                name="control_event_undelivered",
            )
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.by}"
