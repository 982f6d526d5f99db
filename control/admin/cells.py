"""How single values look in lists and on the pages of rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.admin import display
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from control.history.durations import duration_text
from control.lifecycle.actor import USER_REQUEST
from control.lifecycle.slots.instruments import asked_text
from control.models import Batch, ControlEvent, Event
from control.states import State, StepOutcome, StepState

Cell = Callable[[Any, Any], Any]
EMPTY = "–"
JSON_SHOWN = 20_000  # characters; a curve may be longer than a browser can lay out

LABEL = "inline-block font-semibold rounded-default text-[11px] whitespace-nowrap h-6 leading-6 px-2 "
LINK = "admin-link truncate"
TONES = {
    "info": "bg-blue-100 text-blue-700 dark:bg-blue-500/20 dark:text-blue-400",
    "good": "bg-green-100 text-green-700 dark:bg-green-500/20 dark:text-green-400",
    "warning": "bg-orange-100 text-orange-700 dark:bg-orange-500/20 dark:text-orange-400",
    "bad": "bg-red-100 text-red-700 dark:bg-red-500/20 dark:text-red-400",
    "plain": "bg-base-500/8 text-base-700 dark:bg-base-500/20 dark:text-base-200",
}
# Also for outcomes and levels: the same word has the same colour wherever it stands. What is missing has no label.
TONE_OF = {
    State.QUEUED: "plain",
    State.RUNNING: "info",
    State.PAUSED: "warning",
    State.COMPLETED: "good",
    State.FAILED: "bad",
    State.STOPPED: "plain",
    State.ABORTED: "bad",
    State.CRASHED: "bad",
    StepState.PENDING: "plain",
    StepState.ENDED: "plain",
    StepOutcome.SKIPPED: "plain",
    StepOutcome.PASS: "good",
    StepOutcome.FAIL: "bad",
    StepOutcome.TIMEOUT: "bad",
    StepOutcome.ERROR: "bad",
    Event.Level.WARNING: "warning",
}


def label(value: Any, text: Any) -> SafeString | str:
    """A state, outcome or level in its colour; plain text when it has none, a dash when there is nothing to say."""
    if not value or value == StepOutcome.NONE:
        return EMPTY
    tone = TONE_OF.get(value)
    return chip(tone, text) if tone else str(text)


def chip(tone: str, text: Any) -> SafeString:
    """A word in one of the colours of `TONES`."""
    return format_html('<span class="{}">{}</span>', LABEL + TONES[tone], text)


def label_of(field: str, title: Any) -> Cell:
    """A column with the label of a field that has choices."""

    @display(description=title)
    def show(admin: Any, row: Any) -> Any:
        shown = label(getattr(row, field), getattr(row, f"get_{field}_display")())
        if field == "outcome" and row.marginal:
            return format_html("{} {}", shown, chip("warning", gettext("Marginal")))
        return shown

    return show


def time_of(field: str, title: Any, *, exact: bool = False) -> Cell:
    @display(description=title)
    def show(admin: Any, row: Any) -> Any:
        return moment(getattr(row, field), exact=exact)

    return show


def json_of(field: str, title: Any) -> Cell:
    @display(description=title)
    def show(admin: Any, row: Any) -> Any:
        return pretty_json(getattr(row, field))

    return show


def text_of(field: str, title: Any) -> Cell:
    """A field whose lines and spaces matter: a traceback, a message."""

    @display(description=title)
    def show(admin: Any, row: Any) -> Any:
        return preformatted(getattr(row, field))

    return show


def yes_of(field: str, title: Any) -> Cell:
    """Yes or no in words: a cross in red looks like a failure, and "no" often is good news."""

    @display(description=title)
    def show(admin: Any, row: Any) -> str:
        value = getattr(row, field)
        return EMPTY if value is None else gettext("Yes") if value else gettext("No")

    return show


def link_of(path: Callable[[Any], Any], title: Any) -> Cell:
    """A link to the row that `path` finds."""

    @display(description=title)
    def show(admin: Any, row: Any) -> Any:
        return row_link(path(row))

    return show


def moment(at: datetime | None, *, exact: bool = False) -> SafeString | str:
    """A time in the station's zone, 24 hours; `exact` to the millisecond."""
    if at is None:
        return EMPTY
    local = timezone.localtime(at)
    text = local.strftime("%Y-%m-%d %H:%M:%S") + (f".{local.microsecond // 1000:03}" if exact else "")
    return format_html('<time datetime="{}" class="whitespace-nowrap">{}</time>', local.isoformat(), text)


def duration(seconds: float | None) -> str:
    return EMPTY if seconds is None else duration_text(seconds)


def progress(batch: Batch) -> SafeString:
    percent = int(min(max(batch.progress, 0.0), 1.0) * 100)  # as pages do: never 100 before the end
    return format_html(
        '<span class="flex items-center gap-2" role="progressbar" aria-label="{}" aria-valuemin="0" aria-valuemax="100"'
        ' aria-valuenow="{}"><span class="bg-base-100 block overflow-hidden rounded-default w-24 dark:bg-base-800">'
        '<span class="block h-1.5 bg-primary-600 dark:bg-primary-500" style="width: {}%"></span></span>{}%</span>',
        gettext("Progress"),
        percent,
        percent,
        percent,
    )


def preformatted(text: str) -> SafeString | str:
    if not text:
        return EMPTY
    return format_html('<pre class="admin-text" tabindex="0">{}</pre>', text)


def pretty_json(value: Any) -> SafeString | str:
    """JSON with one value per line, cut where it becomes too long to read."""
    if value in (None, {}, []):
        return EMPTY
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if len(text) <= JSON_SHOWN:
        return preformatted(text)
    note = gettext("… and %(count)s more characters") % {"count": f"{len(text) - JSON_SHOWN:,}"}
    return preformatted(f"{text[:JSON_SHOWN]}\n{note}")


def reason_of(event: ControlEvent) -> str:
    """Why somebody intervened, in words of his own if there are any."""
    return gettext("no reason given") if event.reason == USER_REQUEST else event.reason


def details_of(event: ControlEvent) -> str:
    """What somebody asked for: which step, which settings, which steps again."""
    details = event.details
    if event.kind == ControlEvent.Kind.BATCH_SKIP and "name" in details:
        return gettext("step %(number)s, %(step)s") % {"number": details["step"] + 1, "step": details["name"]}
    if event.kind == ControlEvent.Kind.BATCH_START and "asked_again" in details:
        return gettext("asked for the same once more")
    if event.kind == ControlEvent.Kind.SEQUENCE_CHANGE:
        return gettext("enabled") if details.get("change") == "enabled" else gettext("disabled")
    if event.kind == ControlEvent.Kind.DATASET_CHANGE and "name" in details:
        return f"{details['name']}: {_change_of_dataset(details.get('change', ''))}"
    if event.kind == ControlEvent.Kind.STATION_CHANGE:
        if details.get("change") == "added":
            return gettext("new")
        return gettext("changed: %(keys)s") % {"keys": ", ".join(details.get("keys", []))}
    if event.kind == ControlEvent.Kind.PROMPT_ANSWER and "question" in details:
        value = details["value"]
        said = (gettext("yes") if value else gettext("no")) if isinstance(value, bool) else value
        said = f"{said} {details.get('unit') or ''}".rstrip()  # older ones do not know their unit
        return gettext("%(question)s: %(answer)s") % {"question": details["question"], "answer": said}
    if event.kind == ControlEvent.Kind.MANUAL_COMMAND and "instrument" in details:
        return asked_text(details)
    if "settings" in details:
        before = event.before.get("settings", {})
        changes = [f"{name}: {before.get(name, EMPTY)} → {value}" for name, value in details["settings"].items()]
        return ", ".join(changes)
    modes = {
        "same": gettext("everything"),
        "failed_steps": gettext("only the steps that did not pass"),
        "from_step": gettext("from step %(step)s on"),
    }
    step = details.get("step")
    return modes.get(details.get("mode"), EMPTY) % {"step": step + 1 if isinstance(step, int) else step}


def _change_of_dataset(change: str) -> str:
    words = {
        "created": gettext("made"),
        "completed": gettext("completed"),
        "read again": gettext("read again"),
        "deleted": gettext("deleted"),
    }
    return words.get(change, change)


def row_link(row: Any, text: Any = None) -> SafeString | str:
    """A link to the page of a row."""
    if row is None:
        return EMPTY
    return format_html(
        '<a class="{}" href="{}">{}</a>', LINK, row_url(row), text or getattr(row, "name", "") or str(row)
    )


def row_url(row: Any) -> str:
    options = row._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[row.pk])


def list_url(model: Any, **filters: Any) -> str:
    """The address of a list with filters set."""
    options = model._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_changelist") + (
        f"?{urlencode(filters)}" if filters else ""
    )


def live_url(batch: Batch) -> str:
    """The live page of a batch; nothing where there are no pages."""
    try:
        return reverse("control:batch", args=[batch.pk])
    except NoReverseMatch:
        return ""


def start_url(like: Batch | None = None) -> str:
    """The page that starts a batch, with the values of an old one; nothing where there are no pages."""
    try:
        address = reverse("control:new_batch")
    except NoReverseMatch:
        return ""
    return f"{address}?{urlencode({'like': like.pk})}" if like else address
