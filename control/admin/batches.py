"""Batches: the list that finds one again, and the page that leads to everything that happened in it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.contrib.admin import action, display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from control.access.faces import actor_of
from control.access.rights import Right, may
from control.admin.attachments import attachments_of
from control.admin.cells import (
    EMPTY,
    chip,
    details_of,
    duration,
    json_of,
    label,
    label_of,
    link_of,
    list_url,
    live_url,
    moment,
    progress,
    reason_of,
    row_link,
    start_url,
    text_of,
    time_of,
)
from control.admin.filters import (
    ChoiceFilter,
    as_uuid,
    begins,
    choice_filter,
    date_filter,
    sequences_run,
    slots,
    stations,
)
from control.admin.one_batch import LARGE, counted_neighbours
from control.admin.skin import ReadOnlyAdmin
from control.history.interventions import interventions
from control.history.overview import counted_batches
from control.lifecycle.answer import answer_text
from control.lifecycle.keeping import keep_batch
from control.lifecycle.refusals import NotFound
from control.metrics.eta import elapsed_s
from control.models import Batch, ControlEvent, Event, Step, Stream
from control.states import State, StepOutcome

STEPS_SHOWN = 100
EVENTS_SHOWN = 20


class OverviewFilter(ChoiceFilter):
    """The batches behind one of the overview's counts."""

    title = gettext_lazy("Counted on the overview")
    parameter_name = "overview"

    @staticmethod
    def offered(request: HttpRequest) -> list[tuple[str, Any]]:
        return [
            ("running", gettext_lazy("Running")),
            ("queued", gettext_lazy("Waiting")),
            ("passed_today", gettext_lazy("Passed today")),
            ("other_today", gettext_lazy("Failed or aborted today")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen = self.value()
        if not chosen:
            return queryset
        which = counted_batches(timezone.now()).get(chosen)
        return queryset.none() if which is None else queryset.filter(which)


class BatchAdmin(ReadOnlyAdmin):
    list_display = (
        "name",
        "shown_state",
        "shown_outcome",
        "bar",
        "sequence",
        "in_slot",
        "subject",
        "submitted",
        "took",
        "kept",
    )
    list_filter = (
        OverviewFilter,
        choice_filter(gettext_lazy("State"), "state", State.choices),
        choice_filter(gettext_lazy("Outcome"), "outcome", StepOutcome.choices),
        date_filter("pk", of_ids=True),
        choice_filter(gettext_lazy("Sequence"), "sequence", sequences_run),
        choice_filter(gettext_lazy("Station"), "station", stations),
        choice_filter(gettext_lazy("Slot"), "slot", slots),
        choice_filter(gettext_lazy("Trigger"), "trigger", Batch.Trigger.choices),
    )
    search_fields = ("name",)
    search_help_text = gettext_lazy("Id, or how its name or subject begins")
    ordering = ("-pk",)
    actions = ("compare", "keep", "release")
    empty_text = gettext_lazy("No batch has been submitted yet. Start one from live control, by API or by command.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "subject"),
                    ("sequence", "version"),
                    ("station", "slot"),
                    ("submitted_by", "trigger"),
                    ("submitted", "priority"),
                    ("started", "ended"),
                    ("id", "kept"),
                    ("origin_link", "origin_kind"),
                    ("dataset", "target_dataset"),
                )
            },
        ),
        (
            gettext_lazy("Result"),
            {"fields": ("message", "cause", "shown_error", "shown_result")},
        ),
        (
            gettext_lazy("What it used"),
            {
                "fields": (
                    ("shown_parameters", "shown_settings"),
                    "shown_items",
                    "shown_limits",
                    "shown_drivers",
                    "package",
                    "sha256",
                    ("stop_grace_s", "term_grace_s", "deadline_grace_s"),
                    ("shown_resources", "restarts_left"),
                    ("shown_carried", "shown_saved"),
                    "shown_station",
                )
            },
        ),
    )

    shown_outcome = label_of("outcome", gettext_lazy("outcome"))
    submitted = time_of("created_at", gettext_lazy("submitted"))
    started = time_of("started_at", gettext_lazy("started"))
    ended = time_of("ended_at", gettext_lazy("ended"))
    shown_error = text_of("error", gettext_lazy("error"))
    shown_result = json_of("result", gettext_lazy("result"))
    shown_parameters = json_of("parameters", gettext_lazy("parameters"))
    shown_settings = json_of("settings", gettext_lazy("settings"))
    shown_resources = json_of("resources", gettext_lazy("resource limits"))
    shown_carried = json_of("carried", gettext_lazy("carried over"))
    shown_saved = json_of("saved", gettext_lazy("saved values"))
    origin_link = link_of(lambda batch: batch.origin, gettext_lazy("origin"))
    shown_items = json_of("items_options", gettext_lazy("options of items"))
    shown_limits = json_of("limits", gettext_lazy("limits"))
    shown_drivers = json_of("drivers", gettext_lazy("drivers"))
    shown_station = json_of("station_configuration", gettext_lazy("station configuration"))

    @display(description=gettext_lazy("state"))
    def shown_state(self, batch: Batch) -> Any:
        shown = label(batch.state, batch.get_state_display())
        return format_html("{} {}", shown, chip("warning", _("Waits for an answer"))) if batch.open_prompt else shown

    @display(description=gettext_lazy("slot"))
    def in_slot(self, batch: Batch) -> str | None:
        return batch.slot_id

    @display(description=gettext_lazy("progress"))
    def bar(self, batch: Batch) -> Any:
        return progress(batch)

    @display(description=gettext_lazy("duration"))
    def took(self, batch: Batch) -> str:
        return duration(elapsed_s(batch, timezone.now()))

    @display(description=gettext_lazy("kept"))
    def kept(self, batch: Batch) -> Any:
        return chip("info", _("Kept")) if batch.keep else EMPTY

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return may(request.user, Right.OPERATE)

    @action(description=gettext_lazy("Compare the two selected batches"), permissions=["view"])
    def compare(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """The later one beside the earlier one."""
        chosen = list(queryset.order_by("-pk").values_list("pk", flat=True)[:3])
        if len(chosen) == 2:
            return HttpResponseRedirect(reverse("control:comparison", args=chosen))
        self.message_user(request, _("Select two batches to compare them, neither more nor less."), messages.WARNING)
        return None

    @action(description=gettext_lazy("Keep selected batches: never prune them"), permissions=["operate"])
    def keep(self, request: HttpRequest, queryset: QuerySet) -> None:
        count = _set_keep(request, queryset.filter(keep=False), True)
        said = ngettext("%(count)s batch is kept now.", "%(count)s batches are kept now.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    @action(description=gettext_lazy("Keep selected batches no longer"), permissions=["operate"])
    def release(self, request: HttpRequest, queryset: QuerySet) -> None:
        count = _set_keep(request, queryset.filter(keep=True), False)
        said = ngettext("%(count)s batch is kept no longer.", "%(count)s batches are kept no longer.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        start = start_url() if self.has_operate_permission(request) else ""
        return super().changelist_view(request, {"start_url": start, **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        match = request.resolver_match
        rows = super().get_queryset(request)
        return rows.defer(*LARGE) if match and match.url_name.endswith("_changelist") else rows

    def found(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        pk = as_uuid(text)
        return rows.filter(pk=pk) if pk else rows.filter(begins("name", text) | begins("subject", text))

    def detail(self, request: HttpRequest, obj: Batch) -> dict[str, Any]:
        return {
            "heading": {
                "name": obj.name,
                "labels": [self.shown_state(obj), self.shown_outcome(obj), progress(obj)],
                "facts": [obj.current_step, duration(elapsed_s(obj, timezone.now()))],
            },
            "live_url": live_url(obj),
            "again_url": start_url(obj) if self.has_operate_permission(request) else "",
            "neighbours": counted_neighbours(obj),
            "tables": [_steps(obj), *_prompts(obj), *attachments_of(obj), _control_events(obj), _events(obj)],
        }


def _set_keep(request: HttpRequest, rows: QuerySet, keep: bool) -> int:
    by, count = actor_of(request.user, ControlEvent.Face.ADMIN), 0
    for batch_id in list(rows.values_list("pk", flat=True)):
        with suppress(NotFound):  # pruned meanwhile
            keep_batch(batch_id, keep, by=by)
            count += 1
    return count


def _steps(batch: Batch) -> dict[str, Any]:
    steps = batch.steps.defer("result").order_by("index", "attempt")[:STEPS_SHOWN]
    rows = [
        [
            step.index + 1,
            row_link(step),
            step.attempt,
            label(step.state, step.get_state_display()),
            label(step.outcome, step.get_outcome_display()),
            moment(step.started_at),
            duration(None if step.duration_ms is None else step.duration_ms / 1000),
            step.message,
        ]
        for step in steps
    ]
    headers = [_("No."), _("Step"), _("Attempt"), _("State"), _("Outcome"), _("Started"), _("Duration"), _("Message")]
    return {
        "title": _("Steps"),
        "table": {"headers": headers, "rows": rows},
        "all_url": list_url(Step, batch=batch.pk),
        "cut": len(rows) == STEPS_SHOWN,
    }


def _prompts(batch: Batch) -> list[dict[str, Any]]:
    """What it asked people; no table where it asked nothing."""
    prompts = list(batch.prompts.order_by("pk")[:STEPS_SHOWN])
    rows = [
        [
            prompt.step + 1,
            str(prompt),
            prompt.get_state_display(),
            answer_text(prompt) if prompt.answered_at else EMPTY,
            prompt.answered_by,
            moment(prompt.asked_at, exact=True),
            moment(prompt.answered_at, exact=True),
        ]
        for prompt in prompts
    ]
    headers = [_("Step"), _("Question"), _("State"), _("Answer"), _("Answered by"), _("Asked"), _("Answered")]
    return [{"title": _("Prompts"), "table": {"headers": headers, "rows": rows}, "cut": False}] if rows else []


def _control_events(batch: Batch) -> dict[str, Any]:
    newest = interventions(batch, timezone.now()).order_by("-pk")[:EVENTS_SHOWN]
    rows = [
        [
            row_link(event, event.get_kind_display()),
            event.scope,
            event.by,
            event.get_face_display(),
            details_of(event),
            reason_of(event),
            moment(event.requested_at, exact=True),
        ]
        for event in newest
    ]
    headers = [_("Kind"), _("Scope"), _("By"), _("Origin"), _("Asked for"), _("Reason"), _("Requested")]
    return {
        "title": _("Control events"),
        "table": {"headers": headers, "rows": rows},
        "all_url": list_url(ControlEvent, batch=batch.pk),
        "cut": len(rows) == EVENTS_SHOWN,
    }


def _events(batch: Batch) -> dict[str, Any]:
    stream = Stream.objects.filter(batch=batch).first()
    newest = Event.objects.filter(stream=stream).defer("data").order_by("-seq")[:EVENTS_SHOWN] if stream else []
    rows = [
        [
            row_link(event, str(event.seq)),
            moment(event.at, exact=True),
            label(event.level, event.get_level_display()),
            event.kind,
            event.message[:300],
        ]
        for event in newest
    ]
    return {
        "title": _("Newest events"),
        "table": {"headers": [_("No."), _("Time"), _("Level"), _("Kind"), _("Message")], "rows": rows},
        "all_url": list_url(Event, batch=batch.pk),
        "cut": bool(rows),
    }
