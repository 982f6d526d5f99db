"""Writing what a page of a spool comes to, in one transaction."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from control.journal.append import alert, import_spool, tell_board
from control.journal.bulk import insert_rows
from control.journal.kinds import Kind
from control.lifecycle.chunks.begin import begin_step_over_items
from control.lifecycle.chunks.relaunch import relaunch
from control.lifecycle.chunks.settle import settle_items
from control.lifecycle.finish import finish
from control.models import Attachment, Batch, ControlEvent, ErrorLog, Measurement, Step, Stream
from control.states import State, StepState
from control.worker.readings import merge_readings
from control.worker.spool_import import Page, Row, StepKey


def write_page(page: Page, stream: Stream, offset: int) -> None:
    """Write a page in one transaction. Raises Fenced, and then nothing is written.

    Effects, in order: events, steps, measurements and attachments, errors, prompts, items, another run where the lane
    was lost, wishes obeyed, alerts, the batch, its end or the board.
    """
    with transaction.atomic():
        import_spool(stream, page.entries, offset)
        steps = _write_steps(page)
        _write_of_steps(Measurement, page.measurements, steps)
        _write_of_steps(Attachment, page.attachments, steps)
        ErrorLog.objects.bulk_create(page.errors)
        page.prompts.write(page.batch)
        for line in page.over_items:
            begin_step_over_items(page.batch.pk, line["step"], line["name"], at=datetime.fromtimestamp(line["at"], UTC))
        if page.of_items:
            settle_items(page.batch.pk, page.batch.slot_id or "", page.of_items)
        # Not before its last words are written: what it gives back is then what was not done.
        page.goes_on = bool(page.lost) and relaunch(page.batch, stream, page.lost)
        for control, columns in page.obeyed.items():
            ControlEvent.objects.filter(pk=control).update(**columns)
        for control, why in page.refused.items():
            ControlEvent.objects.filter(pk=control).update(obeyed_at=None, after={"note": why})
        alert(page.alerts())
        _write_batch(page)


def _write_steps(page: Page) -> dict[StepKey, int]:
    """Write the steps; return the primary key of each step to which what this page measured and kept may belong."""
    key = ("batch", "index", "attempt")
    rows = page.steps if page.batch.runs == 1 else _without_known(page)
    found = insert_rows(Step, list(rows.values()), key=key, returning=("id", "index", "attempt"))
    written = {(index, attempt): pk for pk, index, attempt in found}
    for step, row in page.running.items():
        row.setdefault("id", written.get(step))
    return {step: row["id"] for step, row in page.running.items()} | written


def _without_known(page: Page) -> dict[StepKey, Row]:
    """A later run of the same batch tells of steps again that an earlier one has begun or ended: those rows stand."""
    known = Step.objects.filter(batch=page.batch).exclude(state=StepState.PENDING).values_list("index", "attempt")
    ended = Step.objects.filter(batch=page.batch, state=StepState.ENDED).values_list("index", "attempt")
    begun_before, ended_before = set(known), set(ended)
    return {
        step: row
        for step, row in page.steps.items()
        if step not in ended_before and not (row["state"] == StepState.PENDING and step in begun_before)
    }


def _write_of_steps(
    model: type[Measurement | Attachment], found: dict[tuple[StepKey, str], Row], steps: dict[StepKey, int]
) -> None:
    rows = [{"step": steps[step], **row} for (step, _), row in found.items()]
    insert_rows(model, rows, key=("step", "name"))


def _write_batch(page: Page) -> None:
    moved = page.columns.get("state")
    if page.settings or page.saved:  # only a supervisor writes them, and only one is not fenced
        kept = Batch.objects.values("settings", "saved").get(pk=page.batch.pk)
        page.columns["settings"] = kept["settings"] | page.settings
        page.columns["saved"] = kept["saved"] | page.saved
    if page.readings:
        before = page.columns.get("readings")
        known = Batch.objects.values_list("readings", flat=True).get(pk=page.batch.pk) if before is None else before
        page.columns["readings"] = merge_readings(known, page.readings)
    if page.columns:
        Batch.objects.filter(pk=page.batch.pk).update(**page.columns)
    if page.errors:  # the first one is the cause, what follows are its consequences
        first = page.errors[0]
        Batch.objects.filter(pk=page.batch.pk, error="").update(error=f"{first.exception}: {first.message}")
    if page.end is not None and not page.goes_on:
        finish(page.batch.pk, page.end)
        return
    told = [Kind.BATCH_PAUSED if moved == State.PAUSED else Kind.BATCH_RESUMED] if moved else []
    told += page.prompts.news()
    if "manual_by" in page.columns:
        told.append(Kind.MANUAL_BEGUN if page.columns["manual_by"] else Kind.MANUAL_ENDED)
    if told:
        page.batch.refresh_from_db()
    for kind in told:
        tell_board(page.batch, kind)
