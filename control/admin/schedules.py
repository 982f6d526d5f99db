"""Schedules: everybody who may see reads them, engineers make and change them. The lifecycle does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin import action, display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from control.access.faces import actor_of
from control.access.rights import Right, may
from control.admin.cells import EMPTY, chip, json_of, live_url, row_link, time_of, yes_of
from control.admin.filters import choice_filter, stations, yes_filter
from control.admin.schedule_form import RUN, ScheduleForm
from control.admin.schedule_words import next_run_of, next_runs_of, what_of, when_of
from control.admin.skin import GuardedAdmin
from control.lifecycle.actor import Actor
from control.lifecycle.refusals import Refused
from control.lifecycle.schedules.changes import (
    change_schedule,
    create_schedule,
    delete_schedule,
    enable_schedule,
    run_schedule_now,
)
from control.models import ControlEvent, Schedule

LIST_SHOWS = 80  # characters of what came of the last time
OF_RUN = ("sequence", "slot", "subject", "batch_name", "priority", "parameters", "on_dataset", "on_target", "fresh")
WHAT_CAME = (
    gettext_lazy("Runs"),
    {"fields": ("next_runs", ("shown_result", "result_at"), ("last_batch_link", "missed"))},
)


class ScheduleAdmin(GuardedAdmin):
    form = ScheduleForm
    list_display = ("name", "shown_enabled", "what", "when", "next_run", "short_result", "last_batch_link")
    list_filter = (
        choice_filter(gettext_lazy("Action"), "action", Schedule.Action.choices),
        yes_filter(gettext_lazy("Enabled"), "enabled"),
        choice_filter(gettext_lazy("Station"), "station", stations),
    )
    list_select_related = ("station", "last_batch")
    search_fields = ("name",)
    search_help_text = gettext_lazy("Name")
    ordering = ("name",)
    sortable_by = ("name",)
    actions = ("enable", "disable", "run_now")
    empty_text = gettext_lazy("Nothing happens by itself yet.")
    readonly_fields = ("next_runs", "shown_result", "result_at", "last_batch_link", "missed")
    conditional_fields = {
        **dict.fromkeys(OF_RUN, f"action == '{RUN}'"),
        "keep_days": f"action == '{Schedule.Action.BACKUP}'",
        "older_than_days": f"action == '{Schedule.Action.PRUNE}'",
    }
    declared = (
        (None, {"fields": ("name", "enabled", "station")}),
        (gettext_lazy("What happens"), {"fields": ("action", *OF_RUN, "keep_days", "older_than_days")}),
        (gettext_lazy("When"), {"fields": ("cron", "every", "time_zone")}),
    )
    read = (
        (None, {"fields": ("name", "shown_enabled", "station", "what", "shown_order")}),
        (gettext_lazy("When"), {"fields": (("when", "cron"), "shown_zone")}),
        WHAT_CAME,
    )

    shown_enabled = yes_of("enabled", gettext_lazy("enabled"))
    result_at = time_of("last_at", gettext_lazy("last result at"))
    shown_order = json_of("order", gettext_lazy("order"))

    @display(description=gettext_lazy("what"))
    def what(self, schedule: Schedule) -> str:
        return what_of(schedule)

    @display(description=gettext_lazy("when"))
    def when(self, schedule: Schedule) -> str:
        return when_of(schedule)

    @display(description=gettext_lazy("next run"))
    def next_run(self, schedule: Schedule) -> Any:
        return next_run_of(schedule)

    @display(description=gettext_lazy("next runs"))
    def next_runs(self, schedule: Schedule) -> Any:
        return next_runs_of(schedule)

    @display(description=gettext_lazy("time zone"))
    def shown_zone(self, schedule: Schedule) -> str:
        return schedule.zone_name

    @display(description=gettext_lazy("last result"))
    def shown_result(self, schedule: Schedule) -> str:
        return schedule.last_result or EMPTY

    @display(description=gettext_lazy("last result"))
    def short_result(self, schedule: Schedule) -> str:
        return Truncator(schedule.last_result).chars(LIST_SHOWS) or EMPTY

    @display(description=gettext_lazy("last batch"))
    def last_batch_link(self, schedule: Schedule) -> Any:
        return row_link(schedule.last_batch)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request.user, Right.SCHEDULE)

    def has_change_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return may(request.user, Right.SCHEDULE)

    def has_delete_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return may(request.user, Right.SCHEDULE)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("station", "last_batch")

    def get_fieldsets(self, request: HttpRequest, obj: Schedule | None = None) -> Any:
        if not self.has_change_permission(request, obj):
            return self.read
        return self.declared if obj is None else (*self.declared, WHAT_CAME)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What was fine a moment ago may be refused now: somebody else was first."""
        title = capfirst(self.model._meta.verbose_name) if object_id else _("New schedule")
        context = {"title": title, "show_history": False, **(extra_context or {})}
        try:
            return super().changeform_view(request, object_id, form_url, context)
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], obj: Schedule | None = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            context["heading"] = {"name": obj.name, "labels": [_rest(obj)], "facts": [what_of(obj), when_of(obj)]}
            context["live_url"] = live_url(obj.last_batch) if obj.last_batch else ""
        return super().render_change_form(request, context, obj=obj, **kwargs)

    def save_model(self, request: HttpRequest, obj: Schedule, form: ScheduleForm, change: bool) -> None:
        """Written by the one function that makes or changes schedules."""
        plan = form.plan
        if change:
            row = change_schedule(obj.pk, lambda _was: plan, by=_actor(request))
        else:
            row = create_schedule(plan, by=_actor(request))
        for field in Schedule._meta.concrete_fields:
            setattr(obj, field.attname, getattr(row, field.attname))

    def delete_model(self, request: HttpRequest, obj: Schedule) -> None:
        delete_schedule(obj.pk, by=_actor(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for schedule in queryset:
            delete_schedule(schedule.pk, by=_actor(request))

    @action(description=gettext_lazy("Enable selected schedules"), permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(
            request, queryset, _("%(name)s is enabled."), lambda row: enable_schedule(row.pk, True, by=_actor(request))
        )

    @action(description=gettext_lazy("Disable selected schedules"), permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(
            request,
            queryset,
            _("%(name)s is disabled."),
            lambda row: enable_schedule(row.pk, False, by=_actor(request)),
        )

    @action(description=gettext_lazy("Run selected schedules now"), permissions=["change"])
    def run_now(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(request, queryset, _("%(name)s runs now."), lambda row: run_schedule_now(row.pk, by=_actor(request)))

    def _each(self, request: HttpRequest, queryset: QuerySet, done: str, verb: Callable[[Schedule], Schedule]) -> None:
        """One message for each: some may be refused."""
        for schedule in queryset:
            try:
                verb(schedule)
                self.message_user(request, done % {"name": schedule.name}, messages.SUCCESS)
            except Refused as refusal:
                self.message_user(request, f"{schedule.name}: {refusal}", messages.ERROR)


def _actor(request: HttpRequest) -> Actor:
    return actor_of(request.user, ControlEvent.Face.ADMIN)


def _rest(schedule: Schedule) -> Any:
    return chip("good", _("Enabled")) if schedule.enabled else chip("plain", _("Disabled"))
