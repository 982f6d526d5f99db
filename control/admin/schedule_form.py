"""The form of a schedule: a plan, typed in by a person and judged by the lifecycle."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from control.admin.skin import Select, Switch, Textarea, TextInput
from control.durations import parse_duration
from control.lifecycle.given_datasets import OPTIONS
from control.lifecycle.packages import known_packages
from control.lifecycle.refusals import UNKEPT, BadValue, Refused, UnknownName, can_be_kept
from control.lifecycle.schedules.actions import CHORES, order_of
from control.lifecycle.schedules.plan import LONGEST_NAME, Plan, check_plan
from control.lifecycle.schedules.times import LONGEST_CRON
from control.lifecycle.submit import LONGEST_NAME as LONGEST_BATCH_NAME
from control.lifecycle.submit import LONGEST_SUBJECT, Order
from control.models import Batch, Dataset, Schedule
from sequences.items.options import DATASET, TARGET
from sequences.parameters import ParameterError
from stations.models import Slot, Station

RUN = Schedule.Action.RUN_SEQUENCE
OFFERED = 300  # datasets, the newest
# Which field of the form shows what is wrong with a field of the plan.
SHOWN_AT = {"every_s": "every", DATASET: "on_dataset", TARGET: "on_target"}


def text(label: Any, help_text: Any = "", **more: Any) -> forms.CharField:
    return forms.CharField(label=label, help_text=help_text, required=False, **{"widget": TextInput, **more})


def chosen(label: Any, help_text: Any = "", **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, help_text=help_text, required=False, widget=Select, **more)


class ScheduleForm(forms.ModelForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=LONGEST_NAME, widget=TextInput)
    enabled = forms.BooleanField(label=gettext_lazy("Enabled"), required=False, initial=True, widget=Switch)
    station = chosen(
        gettext_lazy("Station"),
        gettext_lazy("Who does it. Left empty: the station of the slot, or the only one."),
    )
    action = forms.ChoiceField(label=gettext_lazy("Action"), choices=Schedule.Action.choices, widget=Select)
    sequence = chosen(gettext_lazy("Sequence"))
    slot = chosen(gettext_lazy("Slot"), gettext_lazy("Left empty: the first that fits, each time anew."))
    subject = text(
        gettext_lazy("Subject"),
        gettext_lazy("What is tested: a serial number, for example."),
        max_length=LONGEST_SUBJECT,
    )
    batch_name = text(
        gettext_lazy("Name of the batches"),
        gettext_lazy("Left empty: title of the sequence, and subject or datasets."),
        max_length=LONGEST_BATCH_NAME,
    )
    priority = chosen(gettext_lazy("Priority"), choices=[(one.name, one.label) for one in Batch.Priority])
    parameters = text(
        gettext_lazy("Parameters"),
        gettext_lazy('As JSON: {"burn_in_time": 10}. What is left out has the default of the sequence.'),
        widget=Textarea(attrs={"rows": 4}),
    )
    # What is sent to the admin as "dataset" is taken for something else by its skin.
    on_dataset = chosen(gettext_lazy("Dataset"), gettext_lazy("Only for sequences that need one."))
    on_target = chosen(gettext_lazy("Dataset to compare with"), gettext_lazy("Only for sequences that need two."))
    fresh = forms.BooleanField(
        label=gettext_lazy("Do it afresh"),
        help_text=gettext_lazy("Also when the same has been done before."),
        required=False,
        widget=Switch,
    )
    keep_days = forms.IntegerField(
        label=gettext_lazy("Keep backups for (days)"),
        help_text=gettext_lazy("Older ones are removed. Left empty: 7."),
        required=False,
        widget=TextInput,
    )
    older_than_days = forms.IntegerField(
        label=gettext_lazy("Remove batches older than (days)"),
        help_text=gettext_lazy("Those that are marked to be kept stay."),
        required=False,
        widget=TextInput,
    )
    cron = text(
        gettext_lazy("At times, as a cron line"),
        gettext_lazy(
            "Minute, hour, day of the month, month, day of the week. Every day at 08:00: 0 8 * * *. Mondays at 06:30:"
            " 30 6 * * 1. Every 15 minutes: */15 * * * *."
        ),
        max_length=LONGEST_CRON,
    )
    every = text(
        gettext_lazy("Or again and again, as an interval"), gettext_lazy("Such as 15m, 12h or 7d; at least 1m.")
    )
    time_zone = text(
        gettext_lazy("Time zone of the cron line"), gettext_lazy("Such as Asia/Seoul. Left empty: the station's.")
    )

    class Meta:
        model = Schedule
        fields = ("name", "enabled", "action", "cron", "time_zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {**_initial(kwargs.get("instance")), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.plan: Plan | None = None  # once it is right
        kept = self.initial
        sequences = {name: name for name in known_packages()}
        slots = Slot.objects.order_by("station", "-kind", "position").values_list("pk", flat=True)
        stations = Station.objects.order_by("pk").values_list("pk", "name")
        self.fields["sequence"].choices = _with_kept(sequences, kept.get("sequence"))
        self.fields["slot"].choices = _with_kept({pk: pk for pk in slots}, kept.get("slot"))
        datasets = Dataset.objects.filter(state=Dataset.State.READY).order_by("-pk").values_list("pk", "name")[:OFFERED]
        ready = {str(pk): name for pk, name in datasets}
        for name in ("on_dataset", "on_target"):
            self.fields[name].choices = _with_kept(ready, kept.get(name))
        self.fields["station"].choices = _with_kept(dict(stations), kept.get("station"))

    def clean_parameters(self) -> dict[str, Any]:
        given = self.cleaned_data["parameters"].strip()
        try:
            parameters = json.loads(given) if given else {}
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(_("This is no JSON: %(problem)s") % {"problem": error}) from error
        if not isinstance(parameters, dict):
            raise forms.ValidationError(_("Write names and values: {…}."))
        if not all(can_be_kept(value) for value in parameters.values() if isinstance(value, str)):
            raise forms.ValidationError(_(UNKEPT))
        return parameters

    def clean_every(self) -> int | None:
        given = self.cleaned_data["every"].strip()
        if not given:
            return None
        try:
            seconds = parse_duration(given)
        except ValueError as error:
            raise forms.ValidationError(_("This is no time. Write it such as 15m, 12h or 7d.")) from error
        if seconds % 1:
            raise forms.ValidationError(_("This is no time. Write it such as 15m, 12h or 7d."))
        return int(seconds)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.errors:
            plan = _plan(given, self.instance)
            try:
                check_plan(plan, pk=self.instance.pk)
                self.plan = plan
            except Refused as refusal:
                self.add_error(_field_of(refusal, self.fields), str(refusal))
        return given

    def _post_clean(self) -> None:
        """The lifecycle has checked it, and writes it."""


def _plan(given: dict[str, Any], schedule: Schedule) -> Plan:
    action = Schedule.Action(given["action"])
    return Plan(
        name=given["name"],
        action=action,
        order=_order(given, schedule) if action == RUN else None,
        options={name: given[name] for name in CHORES[action].options if given[name] is not None}
        if action in CHORES
        else {},
        cron=given["cron"].strip(),
        every_s=given["every"],
        time_zone=given["time_zone"].strip(),
        station=given["station"] or None,
        enabled=given["enabled"],
    )


def _order(given: dict[str, Any], schedule: Schedule) -> Order:
    """How to go over items is not asked here: what the API has declared stays, for the same sequence."""
    same = schedule.action == RUN and schedule.order.get("sequence") == given["sequence"]
    return Order(
        sequence=given["sequence"],
        slot=given["slot"] or None,
        name=given["batch_name"],
        subject=given["subject"],
        parameters=given["parameters"],
        priority=Batch.Priority[given["priority"] or Batch.Priority.NORMAL.name],
        dataset=given["on_dataset"] or None,
        target_dataset=given["on_target"] or None,
        fresh=given["fresh"],
        **({name: schedule.order.get(name) for name in OPTIONS} if same else {}),
    )


def _initial(schedule: Schedule | None) -> dict[str, Any]:
    """What the fields hold that are no columns."""
    if schedule is None or schedule._state.adding:
        return {"priority": Batch.Priority.NORMAL.name}
    found: dict[str, Any] = {"station": schedule.station_id, "every": _shortest(schedule.every_s), **schedule.options}
    if schedule.action != RUN:
        return {"priority": Batch.Priority.NORMAL.name, **found}
    order = order_of(schedule)
    return {
        **found,
        "sequence": order.sequence,
        "slot": order.slot,
        "batch_name": order.name,
        "subject": order.subject,
        "priority": order.priority.name,
        "on_dataset": order.dataset,
        "on_target": order.target_dataset,
        "fresh": order.fresh,
        "parameters": json.dumps(order.parameters, indent=2, ensure_ascii=False) if order.parameters else "",
    }


def _shortest(seconds: int | None) -> str:
    """An interval as somebody would type it."""
    if seconds is None:
        return ""
    sizes = (("d", 86_400), ("h", 3_600), ("m", 60))
    return next((f"{seconds // size}{unit}" for unit, size in sizes if seconds % size == 0), f"{seconds}s")


def _with_kept(known: dict[str, str], kept: str | None) -> list[tuple[str, str]]:
    """Also what is gone by now: to be read, and to be refused with a sentence that says so."""
    return [("", "–"), *known.items(), *([(kept, kept)] if kept and kept not in known else [])]


def _field_of(refusal: Refused, fields: dict[str, Any]) -> str | None:
    """Where in the form it is to be read."""
    if isinstance(refusal.__cause__, ParameterError):
        return "parameters"
    name = refusal.what if isinstance(refusal, UnknownName) else refusal.field if isinstance(refusal, BadValue) else ""
    name = SHOWN_AT.get(name, name)
    return name if name in fields else None
