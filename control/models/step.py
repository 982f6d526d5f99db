"""One attempt at one step of one batch."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from control.models.batch import Batch
from control.states import StepOutcome, StepState
from sequences.contracts import LEFT_OUT, SKIPPED_BY_REQUEST


class Step(models.Model):
    batch = models.ForeignKey(Batch, models.CASCADE, verbose_name=_("batch"), related_name="steps", db_index=False)
    index = models.PositiveIntegerField(_("number"))  # its place in the plan, from 0
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    name = models.CharField(_("name"), max_length=200)
    group = models.CharField(_("group"), max_length=100)  # setup, main or teardown
    within = models.CharField(_("nested group"), max_length=400, blank=True)  # as "radio/antenna"
    state = models.CharField(_("state"), max_length=7, choices=StepState.choices, default=StepState.PENDING)
    outcome = models.CharField(_("outcome"), max_length=7, choices=StepOutcome.choices, default=StepOutcome.NONE)
    marginal = models.BooleanField(_("marginal"), default=False)
    retrying = models.BooleanField(_("repeated"), default=False)  # another attempt followed: this one does not count
    started_at = models.DateTimeField(_("started"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    duration_ms = models.FloatField(_("duration (ms)"), null=True)
    input_count = models.PositiveIntegerField(_("items in"), null=True)
    output_count = models.PositiveIntegerField(_("items out"), null=True)
    result = models.JSONField(_("result"), null=True)
    message = models.TextField(_("message"), blank=True)  # why it failed or was skipped

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        constraints = [models.UniqueConstraint(fields=["batch", "index", "attempt"], name="step_once_per_attempt")]
        ordering = ["index", "attempt"]

    def __str__(self) -> str:
        return f"{self.name} #{self.attempt}"

    @property
    def skipped_by_request(self) -> bool:
        """Left out because somebody wanted that, not because the run ended before it."""
        return self.outcome == StepOutcome.SKIPPED and self.message.startswith(SKIPPED_BY_REQUEST)

    @property
    def left_out(self) -> bool:
        """As `skipped_by_request`, or because its sequence has it so: it is decided, and no later run needs it."""
        return self.outcome == StepOutcome.SKIPPED and self.message.startswith(LEFT_OUT)
