"""A submit that its sender may repeat without asking for the work twice."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from control.models.batch import Batch


class IdempotencyKey(models.Model):
    """The word that a caller sent with a submit, and the batch that answered it. Each caller has words of its own."""

    caller = models.CharField(_("caller"), max_length=200)
    key = models.CharField(_("key"), max_length=200)
    request_sha256 = models.CharField(_("checksum of the request"), max_length=64)
    batch = models.ForeignKey(Batch, models.CASCADE, verbose_name=_("batch"), related_name="+")
    created_at = models.DateTimeField(_("made"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key
