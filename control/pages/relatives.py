"""The batches around one: that from which it comes, those that follow it, and those worth a comparison."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from control.history.comparable import Near, nearest_runs
from control.models import Batch
from control.states import State

NEWEST_FOLLOWERS = 20


def origin_of(batch: Batch) -> SafeString | str:
    """A sentence that leads to the batch from which this one comes; nothing when it comes from none.

    `batch` must have been fetched with its origin.
    """
    if batch.origin is None:
        return ""
    sentences = {
        Batch.OriginKind.RESTART: _("Restart of %(batch)s"),
        Batch.OriginKind.RERUN: _("Run again from %(batch)s"),
        Batch.OriginKind.RESUME: _("Goes on from %(batch)s"),
        Batch.OriginKind.RECOVERY: _("Automatic restart of %(batch)s after its crash"),
    }
    link = format_html('<a href="{}">{}</a>', _page_of(batch.origin), batch.origin.name)
    return format_html(sentences[Batch.OriginKind(batch.origin_kind)].replace("%(batch)s", "{}"), link)


def followers_of(batch: Batch) -> list[dict[str, Any]]:
    """The newest first."""
    rows = batch.followers.only("name", "state", "origin_kind", "origin").order_by("-pk")[:NEWEST_FOLLOWERS]
    return [
        {
            "name": row.name,
            "address": _page_of(row),
            "kind": row.get_origin_kind_display(),
            "state": row.state,
            "state_word": State(row.state).label,
        }
        for row in rows
    ]


def nearest_comparisons(batch: Batch) -> list[dict[str, str]]:
    """Links that set it beside the runs near to it."""
    sentences = {
        Near.ORIGIN: _("Compare with its origin"),
        Near.SAME_PLACE: _("Compare with the run before"),
        Near.SAME_SUBJECT: _("Compare with the run of this subject before"),
    }
    return [
        {"text": sentences[near.near], "address": reverse("control:comparison", args=[batch.pk, near.batch.pk])}
        for near in nearest_runs(batch)
    ]


def _page_of(batch: Batch) -> str:
    return reverse("control:batch", args=[batch.pk])
