"""What people have decided about a sequence. What it is stands in its package."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Sequence(models.Model):
    """A sequence without a row may be started."""

    name = models.CharField(_("name"), primary_key=True, max_length=100)
    enabled = models.BooleanField(_("enabled"), default=True)
    # Of the last change.
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    by = models.CharField(_("by"), max_length=150, blank=True)
    at = models.DateTimeField(_("changed"), null=True)

    class Meta:
        verbose_name = _("sequence")
        verbose_name_plural = _("sequences")

    def __str__(self) -> str:
        return self.name
