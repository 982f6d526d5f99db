"""Work over the items of a dataset: the step that goes over them, its chunks, the helping lanes, each item's end."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from control.models.batch import Batch


class ChunkedStep(models.Model):
    """A step that goes over items, from the moment on at which it began.

    Items from `next_index` on are in no chunk yet; `over` once every item is settled.
    """

    batch = models.ForeignKey(
        Batch, models.CASCADE, verbose_name=_("batch"), related_name="chunked_steps", db_index=False
    )
    step = models.PositiveIntegerField(_("step"))  # its place in the plan, from 0
    name = models.CharField(_("name"), max_length=200)
    # The one whose completed items it takes: of its batch, or of one before, where that step was carried over.
    after = models.ForeignKey("self", models.SET_NULL, verbose_name=_("after step"), null=True, related_name="+")
    # Items from this one on are files of the target dataset. Datasets that are read again may have others then.
    first_of_target = models.PositiveIntegerField(_("first item of the target dataset"))
    total_items = models.PositiveIntegerField(_("items"))
    carried_items = models.PositiveIntegerField(_("items carried over"), default=0)
    next_index = models.PositiveIntegerField(_("next item"), default=0)
    uncut_items = models.PositiveIntegerField(_("items in no chunk yet"))
    next_number = models.PositiveIntegerField(_("next chunk"), default=0)
    over = models.BooleanField(_("over"), default=False)
    began_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("step over items")
        verbose_name_plural = _("steps over items")
        constraints = [models.UniqueConstraint(fields=["batch", "step"], name="chunked_step_once")]
        indexes = [models.Index(fields=["batch"], condition=Q(over=False), name="chunked_step_open")]

    def __str__(self) -> str:
        return f"{self.name} of {self.batch_id}"


class Helper(models.Model):
    """A lane that works on the chunks of a batch which runs on another one. Its id names its run and its spool.

    `generation` and `spool_offset` are to its spool what those of a stream are to that of a batch.
    """

    id = models.UUIDField(_("ID"), primary_key=True, default=uuid7, editable=False)
    chunked_step = models.ForeignKey(
        ChunkedStep, models.CASCADE, verbose_name=_("step over items"), related_name="helpers"
    )
    slot = models.ForeignKey("stations.Slot", models.PROTECT, verbose_name=_("lane"), related_name="helpers")
    generation = models.PositiveIntegerField(_("generation"), default=1)
    spool_offset = models.BigIntegerField(_("imported bytes"), default=0)
    settings = models.JSONField(_("live settings"), default=dict)  # of the batch, as its run has them
    began_at = models.DateTimeField(_("started"))
    seen_at = models.DateTimeField(_("last sign of life"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("helping lane")
        verbose_name_plural = _("helping lanes")
        constraints = [models.UniqueConstraint(fields=["slot"], condition=Q(ended_at=None), name="helper_one_per_lane")]

    def __str__(self) -> str:
        return f"{self.slot_id} for {self.chunked_step_id}"


class Chunk(models.Model):
    """A slice of a batch's items, processed together and tried again alone.

    `token` counts its claims: what a lane says of a claim that is no longer the last one has no effect. `helper` is the
    lane that has it; None while RUNNING: the batch's own.
    """

    class State(models.TextChoices):
        PENDING = "PENDING", _("Waiting")
        RUNNING = "RUNNING", _("Running")
        COMPLETED = "COMPLETED", _("Completed")
        FAILED = "FAILED", _("Failed")
        CANCELLED = "CANCELLED", _("Cancelled")

    chunked_step = models.ForeignKey(
        ChunkedStep, models.CASCADE, verbose_name=_("step over items"), related_name="chunks", db_index=False
    )
    number = models.PositiveIntegerField(_("number"))  # from 0
    items = models.JSONField(_("items"))  # their indexes
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.PENDING)
    tries = models.PositiveSmallIntegerField(_("failed tries"), default=0)
    losses = models.PositiveSmallIntegerField(_("lost lanes"), default=0)  # these cost no try
    token = models.PositiveIntegerField(_("claims"), default=0)
    helper = models.ForeignKey(
        Helper, models.SET_NULL, verbose_name=_("helping lane"), null=True, related_name="chunks"
    )
    slot = models.ForeignKey("stations.Slot", models.SET_NULL, verbose_name=_("lane"), null=True, related_name="+")
    split_from = models.PositiveIntegerField(_("split from"), null=True)  # number of another chunk
    completed_items = models.PositiveIntegerField(_("completed items"), default=0)
    failed_items = models.PositiveIntegerField(_("failed items"), default=0)
    message = models.TextField(_("message"), blank=True)  # of its last failed try
    began_at = models.DateTimeField(_("started"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    busy_ms = models.FloatField(_("time worked (ms)"), default=0.0)  # over all tries

    class Meta:
        verbose_name = _("chunk")
        verbose_name_plural = _("chunks")
        constraints = [models.UniqueConstraint(fields=["chunked_step", "number"], name="chunk_once_per_number")]
        indexes = [
            models.Index(fields=["chunked_step", "state"], name="chunk_by_state"),
            models.Index(
                fields=["chunked_step", "-ended_at"], condition=Q(ended_at__isnull=False), name="chunk_by_end"
            ),
            models.Index(fields=["helper"], condition=Q(state="RUNNING"), name="chunk_in_hand"),
        ]
        ordering = ["chunked_step", "number"]

    def __str__(self) -> str:
        return f"chunk {self.number}"


class Item(models.Model):
    """What became of one file in one step: there is a row once that is settled."""

    class State(models.TextChoices):
        COMPLETED = "COMPLETED", _("Completed")
        FAILED = "FAILED", _("Failed")

    batch = models.ForeignKey(Batch, models.CASCADE, verbose_name=_("batch"), related_name="items", db_index=False)
    step = models.PositiveIntegerField(_("step"))
    index = models.PositiveIntegerField(_("number"))  # that of the file in its dataset
    path = models.CharField(_("path"), max_length=1000)
    state = models.CharField(_("state"), max_length=9, choices=State.choices)
    chunk = models.PositiveIntegerField(_("chunk"), null=True)  # its number; None: carried over from another batch
    slot = models.CharField(_("lane"), max_length=100, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=1)
    duration_ms = models.FloatField(_("duration (ms)"), null=True)
    stage = models.CharField(_("stage"), max_length=100, blank=True)  # how far it came
    category = models.CharField(_("category"), max_length=20, blank=True)
    exception = models.CharField(_("exception"), max_length=200, blank=True)
    message = models.TextField(_("message"), blank=True)  # why it failed
    result = models.JSONField(_("result"), null=True)
    files = models.JSONField(_("files"), default=list)  # that it made: {name, media_type, size, sha256}
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        constraints = [models.UniqueConstraint(fields=["batch", "step", "index"], name="item_once")]
        indexes = [models.Index(fields=["batch", "step"], condition=Q(state="FAILED"), name="item_failed")]
        ordering = ["batch", "step", "index"]

    def __str__(self) -> str:
        return self.path
