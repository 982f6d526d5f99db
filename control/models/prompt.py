"""A question that a step asked, and who answered what."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from control.models.batch import Batch
from control.models.control_event import ControlEvent


class Prompt(models.Model):
    """Whoever moves it from WAITING to ANSWERED has answered it; the run takes that over, unless it ended before."""

    class Type(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        CHOICE = "choice", _("Choice")
        CONFIRM = "confirm", _("Yes or no")

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waits for an answer")
        ANSWERED = "ANSWERED", _("Answered")
        OVER = "OVER", _("Ended without an answer")

    batch = models.ForeignKey(Batch, models.CASCADE, verbose_name=_("batch"), related_name="prompts", db_index=False)
    key = models.CharField(_("name"), max_length=20)  # unique in its batch
    step = models.PositiveIntegerField(_("step"))  # its place in the plan, from 0
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    type = models.CharField(_("type"), max_length=7, choices=Type.choices)
    question = models.JSONField(_("question"))  # sequences.questions.Question, its image and timeout_s
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField(_("asked"))
    answered_at = models.DateTimeField(_("answered"), null=True)
    answer = models.JSONField(_("answer"), null=True)
    answered_by = models.CharField(_("answered by"), max_length=150, blank=True)
    control = models.ForeignKey(
        ControlEvent, models.SET_NULL, verbose_name=_("control event"), null=True, related_name="+"
    )
    # the run has the answer
    taken_at = models.DateTimeField(_("taken over"), null=True)
    # it waits no more, and nobody's answer held
    closed_at = models.DateTimeField(_("closed"), null=True)
    closed_why = models.CharField(_("why closed"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("prompt")
        verbose_name_plural = _("prompts")
        constraints = [
            models.UniqueConstraint(fields=["batch", "key"], name="prompt_once_per_batch"),
            models.CheckConstraint(
                condition=~Q(state="ANSWERED") | Q(answered_at__isnull=False), name="prompt_answered_has_time"
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.question["message"])
