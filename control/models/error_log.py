"""A failure with its traceback and category, grouped with its like by fingerprint."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from control.models.batch import Batch


class ErrorLog(models.Model):
    class Category(models.TextChoices):
        SEQUENCE = "sequence", _("Sequence")
        HARDWARE = "hardware", _("Hardware")
        ENGINE = "engine", _("Engine")
        MODEL = "model", _("Model")
        INFRASTRUCTURE = "infrastructure", _("Infrastructure")

    batch = models.ForeignKey(Batch, models.CASCADE, verbose_name=_("batch"), related_name="errors")
    step = models.PositiveIntegerField(_("step"), null=True)  # index in the plan
    attempt = models.PositiveSmallIntegerField(_("attempt"), null=True)
    at = models.DateTimeField(_("time"))
    category = models.CharField(_("category"), max_length=14, choices=Category.choices)
    exception = models.CharField(_("exception"), max_length=200)
    message = models.TextField(_("message"))
    traceback = models.TextField(_("traceback"), blank=True)
    fingerprint = models.CharField(_("fingerprint"), max_length=16, db_index=True)

    class Meta:
        verbose_name = _("error")
        verbose_name_plural = _("errors")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.exception}: {self.message}"
