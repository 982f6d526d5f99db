"""One run of a sequence."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from control.states import ACTIVE, LIVE, TERMINAL, State, StepOutcome


class Batch(models.Model):
    """State says where it stands, outcome how it was judged; a terminal batch never changes again."""

    class Trigger(models.TextChoices):
        MANUAL = "MANUAL", _("Manual")
        SCHEDULED = "SCHEDULED", _("Scheduled")
        API = "API", _("API")

    class Priority(models.IntegerChoices):
        LOW = -10, _("Low")
        NORMAL = 0, _("Normal")
        HIGH = 10, _("High")
        URGENT = 20, _("Urgent")

    class OriginKind(models.TextChoices):
        """What makes a batch the follower of another one."""

        RESTART = "RESTART", _("Restart")
        RERUN = "RERUN", _("Run again")
        RESUME = "RESUME", _("Resumption")
        RECOVERY = "RECOVERY", _("Automatic restart after a crash")

    id = models.UUIDField(_("ID"), primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=200)
    subject = models.CharField(_("subject"), max_length=200, blank=True)

    sequence = models.CharField(_("sequence"), max_length=100)
    version = models.CharField(_("version"), max_length=40)
    sha256 = models.CharField(_("checksum of the package"), max_length=64)
    kind = models.CharField(_("kind"), max_length=40, default="test")  # of the sequence
    # as its sequence declares: at most so many batches of it run at a time on the station
    concurrent = models.PositiveSmallIntegerField(_("at a time"), null=True)
    package = models.CharField(_("package"), max_length=500)  # the folder it was in, when it was submitted
    parameters = models.JSONField(_("parameters"), default=dict)
    units = models.JSONField(_("units"), default=dict)  # of parameters that have one
    dataset = models.ForeignKey("Dataset", models.PROTECT, verbose_name=_("dataset"), null=True, related_name="batches")
    # what `dataset` is compared with
    target_dataset = models.ForeignKey(
        "Dataset", models.PROTECT, verbose_name=_("target dataset"), null=True, related_name="batches_as_target"
    )
    items_options = models.JSONField(_("options of items"), default=dict)  # sequences.items.options.ItemsOptions
    limits = models.JSONField(_("limits"), default=dict)
    # The rungs of the ladder by which the guard ends a run; docs/safety.md.
    stop_grace_s = models.FloatField(_("time to stop (s)"))
    term_grace_s = models.FloatField(_("time after SIGTERM (s)"), default=1.0)
    deadline_grace_s = models.FloatField(_("time after a deadline (s)"), default=1.0)
    resources = models.JSONField(_("resource limits"), default=dict)  # stations.contracts.Resources

    # The batch that this one repeats or goes on from, and what it takes over: stations.contracts.Carried.
    origin = models.ForeignKey("self", models.SET_NULL, verbose_name=_("origin"), null=True, related_name="followers")
    origin_kind = models.CharField(_("kind of origin"), max_length=8, choices=OriginKind.choices, blank=True)
    carried = models.JSONField(_("carried over"), null=True)
    # how often it may be restarted without being asked, should it crash
    restarts_left = models.PositiveSmallIntegerField(_("automatic restarts left"), default=0)
    # The same work has the same key, where its sequence declares that it need not be done twice; else it is empty.
    work_key = models.CharField(_("key of the work"), max_length=64, blank=True)

    station = models.ForeignKey("stations.Station", models.PROTECT, verbose_name=_("station"), related_name="batches")
    # A batch without instruments waits without a slot until a lane takes it.
    slot = models.ForeignKey("stations.Slot", models.PROTECT, verbose_name=_("slot"), null=True, related_name="batches")
    priority = models.SmallIntegerField(_("priority"), choices=Priority.choices, default=Priority.NORMAL)
    # Its place among those that wait with its priority: the time at which it was submitted, unless somebody moved it.
    queued_as_of = models.DateTimeField(_("queued as of"), default=timezone.now)
    trigger = models.CharField(_("trigger"), max_length=9, choices=Trigger.choices)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("user"), null=True)
    # also true where there is no login: the command line
    submitted_by = models.CharField(_("started by"), max_length=150)

    # How often its run was begun: after the first time, because its lane was lost and its sequence works over items.
    runs = models.PositiveSmallIntegerField(_("runs"), default=1)
    done_at_loss = models.PositiveIntegerField(_("done when its lane was lost last"), default=0)  # items and steps
    idle_losses = models.PositiveSmallIntegerField(_("lanes lost in a row"), default=0)  # without anything done between
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.QUEUED)
    outcome = models.CharField(_("outcome"), max_length=7, choices=StepOutcome.choices, default=StepOutcome.NONE)
    marginal = models.BooleanField(_("marginal"), default=False)
    progress = models.FloatField(_("progress"), default=0.0)
    current_step = models.CharField(_("current step"), max_length=200, blank=True)
    open_prompt = models.CharField(_("open prompt"), max_length=20, blank=True)  # key of the prompt that waits
    # who drives the instruments of its slot by hand now, and what these said last: by name "values" and "problem"
    manual_by = models.CharField(_("driven by hand by"), max_length=150, blank=True)
    readings = models.JSONField(_("readings"), default=dict)
    cause = models.CharField(_("cause"), max_length=200, blank=True)  # the first step that failed
    message = models.TextField(_("message"), blank=True)
    error = models.TextField(_("error"), blank=True)
    result = models.JSONField(_("result"), null=True)
    plan = models.JSONField(_("plan"), default=list)  # sequences.contracts.PlannedStep, once it has started
    settings = models.JSONField(_("settings"), default=dict)  # parameters that were changed while it ran
    saved = models.JSONField(_("saved values"), default=dict)  # by `run.save`, for a resumption
    keep = models.BooleanField(_("keep"), default=False)  # never pruned
    # how long runs of this sequence took lately, when it was submitted
    expected_s = models.FloatField(_("expected duration (s)"), null=True)

    created_at = models.DateTimeField(_("submitted"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    # What this run used, for whoever wants to repeat or doubt it.
    drivers = models.JSONField(_("drivers"), default=dict)
    station_configuration = models.JSONField(_("station configuration"), default=dict)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        constraints = [
            models.UniqueConstraint(fields=["slot"], condition=Q(state__in=ACTIVE), name="batch_one_active_per_slot"),
            models.CheckConstraint(
                condition=Q(state__in=LIVE) | Q(ended_at__isnull=False), name="batch_ended_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=ACTIVE) | Q(slot__isnull=False), name="batch_active_has_slot"
            ),
            # However many look at the same moment: a crash is answered by one restart.
            models.UniqueConstraint(fields=["origin"], condition=Q(origin_kind="RECOVERY"), name="batch_one_recovery"),
            # However many begin one at the same moment.
            models.UniqueConstraint(
                fields=["slot"],
                condition=Q(sequence="manual_control", state__in=LIVE),
                name="batch_one_session_per_slot",
            ),
            # However many ask for the same work at the same moment, it is done once.
            models.UniqueConstraint(
                fields=["work_key"], condition=Q(state__in=LIVE) & ~Q(work_key=""), name="batch_one_live_per_work"
            ),
            models.CheckConstraint(
                condition=Q(state__in=TERMINAL) | Q(outcome=StepOutcome.NONE), name="batch_live_has_no_outcome"
            ),
        ]
        indexes = [
            models.Index(fields=["slot", "-priority", "id"], condition=Q(state=State.QUEUED), name="batch_waiting"),
            models.Index(fields=["state", "-id"], name="batch_by_state"),
            models.Index(fields=["sequence", "-id"], name="batch_by_sequence"),
            models.Index(fields=["slot", "-id"], name="batch_by_slot"),
            models.Index(fields=["ended_at"], name="batch_by_end"),
            models.Index(fields=["work_key", "-id"], condition=~Q(work_key=""), name="batch_by_work"),
            models.Index(fields=["outcome", "-id"], name="batch_by_outcome"),
            models.Index(
                fields=["station", "id"],
                condition=Q(state=State.CRASHED, restarts_left__gt=0),
                name="batch_to_recover",
            ),
            # For how a name begins. PostgreSQL's LIKE finds no other kind of index; elsewhere the kind is ignored.
            models.Index(fields=["name"], opclasses=["varchar_pattern_ops"], name="batch_by_name"),
            models.Index(fields=["subject"], opclasses=["varchar_pattern_ops"], name="batch_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"

    @property
    def run_name(self) -> str:
        """Names its run, and so its spool, to the guard: another one each time that it is begun."""
        return str(self.pk) if self.runs == 1 else f"{self.pk}.{self.runs}"
