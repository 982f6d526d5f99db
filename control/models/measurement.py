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

    step = models.ForeignKey(Step, models.CASCADE, verbose_name=_("step"), related_name="measurements", db_index=False)
    name = models.CharField(_("name"), max_length=200)
    type = models.CharField(_("type"), max_length=7, choices=Type.choices)
    # only for numbers: for limits, trends and sorting in the database
    number = models.FloatField(_("numeric value"), null=True)
    value = models.JSONField(_("value"), null=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    limits = models.JSONField(_("limits"), null=True)
    outcome = models.CharField(_("outcome"), max_length=7, choices=StepOutcome.choices, default=StepOutcome.NONE)
    marginal = models.BooleanField(_("marginal"), default=False)
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("measurement")
        verbose_name_plural = _("measurements")
        constraints = [models.UniqueConstraint(fields=["step", "name"], name="measurement_once_per_step")]
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
