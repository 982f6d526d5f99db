"""One attempt at one step of one batch."""

from __future__ import annotations

from django.db import models

from control.models.batch import Batch
from control.states import StepOutcome, StepState


class Step(models.Model):
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="steps", db_index=False)
    index = models.PositiveIntegerField()  # its place in the plan, from 0
    attempt = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=200)
    group = models.CharField(max_length=100)  # setup, main or teardown
    state = models.CharField(max_length=7, choices=StepState.choices, default=StepState.PENDING)
    outcome = models.CharField(max_length=7, choices=StepOutcome.choices, default=StepOutcome.NONE)
    marginal = models.BooleanField(default=False)
    retrying = models.BooleanField(default=False)  # another attempt followed: this one does not count
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    duration_ms = models.FloatField(null=True)
    input_count = models.PositiveIntegerField(null=True)
    output_count = models.PositiveIntegerField(null=True)
    result = models.JSONField(null=True)
    message = models.TextField(blank=True)  # why it failed or was skipped

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "index", "attempt"], name="step_once_per_attempt")]
        ordering = ["index", "attempt"]

    def __str__(self) -> str:
        return f"{self.name} #{self.attempt}"
