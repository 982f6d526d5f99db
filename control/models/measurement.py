"""A named value with unit and limits that a step recorded."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from control.models.step import Step
from control.states import StepOutcome


class Measurement(models.Model):
    class Type(models.TextChoices):
        NUMBER = "number", _("Number")
        TEXT = "text", _("Text")
        BOOLEAN = "boolean", _("Yes or no")
        CURVE = "curve", _("Curve")

    step = models.ForeignKey(Step, models.CASCADE, related_name="measurements", db_index=False)
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=7, choices=Type.choices)
    number = models.FloatField(null=True)  # only for numbers: for limits, trends and sorting in the database
    value = models.JSONField(null=True)
    unit = models.CharField(max_length=20, blank=True)
    limits = models.JSONField(null=True)
    outcome = models.CharField(max_length=7, choices=StepOutcome.choices, default=StepOutcome.NONE)
    marginal = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["step", "name"], name="measurement_once_per_step")]
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
