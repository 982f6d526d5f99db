"""A file that a step has kept. Its content lies below the data directory of the station's host."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from control.models.batch import Batch
from control.models.step import Step


class Attachment(models.Model):
    id = models.UUIDField(_("ID"), primary_key=True, editable=False)  # given by the runner, ordered by time
    batch = models.ForeignKey(Batch, models.CASCADE, verbose_name=_("batch"), related_name="+", db_index=False)
    step = models.ForeignKey(Step, models.CASCADE, verbose_name=_("step"), related_name="attachments", db_index=False)
    name = models.CharField(_("name"), max_length=100)
    media_type = models.CharField(_("media type"), max_length=100)
    size = models.PositiveIntegerField(_("size (bytes)"))
    sha256 = models.CharField(_("checksum"), max_length=64)  # also the name of its file
    # in pixels, of a picture that the runner has encoded; only such a one is shown in a page
    width = models.PositiveIntegerField(_("width"), null=True)
    height = models.PositiveIntegerField(_("height"), null=True)
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        constraints = [models.UniqueConstraint(fields=["step", "name"], name="attachment_once_per_step")]
        indexes = [models.Index(fields=["batch", "id"], name="attachment_of_batch")]
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        return self.width is not None
