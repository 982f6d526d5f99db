"""What is told of a row, under the names of the API. API, pages and sockets all show these facts, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from control.journal.overflow import full_data
from control.lifecycle.slots.leases import Holder
from control.metrics.calibration import is_overdue
from control.metrics.eta import elapsed_s, figures_with_time, seconds_left
from control.metrics.items import Figures
from control.models import Attachment, Batch, ControlEvent, ErrorLog, Event, Measurement, Prompt, Step
from control.states import InstrumentState, SlotState
from stations.contracts import Unsafe
from stations.models import Instrument, Slot

Facts = dict[str, Any]

# What only `batch_provenance` tells of a batch. Together it is large: readers of lists leave it in the database.
PROVENANCE = (
    "parameters",
    "items_options",
    "units",
    "limits",
    "drivers",
    "station_configuration",
    "resources",
    "settings",
    "carried",
    "plan",
    "saved",
    "readings",
)


OF_ITEMS = (
    "total_items",
    "completed_items",
    "failed_items",
    "total_chunks",
    "completed_chunks",
    "failed_chunks",
    "items_per_second",
    "lanes",
)


def facts_of_batches(batches: Sequence[Batch], now: datetime) -> list[Facts]:
    """Batches in a list. What they have done of their items is asked for once for all."""
    figures = figures_with_time(batches)
    return [_batch_facts(batch, now, figures.get(batch.pk)) for batch in batches]


def batch_facts(batch: Batch, now: datetime) -> Facts:
    """A batch, as lists show it."""
    return facts_of_batches([batch], now)[0]


def _batch_facts(batch: Batch, now: datetime, items: Figures | None) -> Facts:
    """Times are ISO 8601 in UTC; `progress` goes from 0.0 to 1.0. What is about items is None where it has none."""
    return {
        "id": str(batch.pk),
        "name": batch.name,
        "state": batch.state,
        "outcome": batch.outcome,
        "marginal": batch.marginal,
        "trigger": batch.trigger,
        "sequence": batch.sequence,
        "version": batch.version,
        "station": batch.station_id,
        "slot": batch.slot_id,
        "subject": batch.subject,
        "dataset": _id(batch.dataset_id),
        "target_dataset": _id(batch.target_dataset_id),
        "priority": Batch.Priority(batch.priority).name,
        "progress": round(batch.progress, 4),
        **{name: items[name] if items else None for name in OF_ITEMS},
        "current_step": batch.current_step,
        "prompt": batch.open_prompt,
        "manual_by": batch.manual_by,
        "message": batch.message,
        "cause": batch.cause,
        "error": batch.error,
        "result": batch.result,
        "keep": batch.keep,
        "origin": _id(batch.origin_id),
        "origin_kind": batch.origin_kind or None,
        "created_by": batch.submitted_by,
        "created_at": iso(batch.created_at),
        "started_at": iso(batch.started_at),
        "ended_at": iso(batch.ended_at),
        "elapsed_s": _rounded(elapsed_s(batch, now)),
        "seconds_left": _rounded(seconds_left(batch, now, items)),
    }


def work_facts(batch: Batch, left_s: float | None) -> Facts:
    """Of a batch that runs, what matters to whoever waits for it or watches where it runs."""
    return {
        "id": str(batch.pk),
        "name": batch.name,
        "sequence": batch.sequence,
        "slot": batch.slot_id,
        "state": batch.state,
        "progress": round(batch.progress, 4),
        "current_step": batch.current_step,
        "seconds_left": _rounded(left_s),
    }


def batch_provenance(batch: Batch) -> Facts:
    """What a run used, for whoever wants to repeat or doubt it."""
    return {
        "sha256": batch.sha256,
        "package": batch.package,
        "dataset_name": batch.dataset.name if batch.dataset else "",
        "target_dataset_name": batch.target_dataset.name if batch.target_dataset else "",
        "items_options": batch.items_options or None,
        "parameters": batch.parameters,
        "units": batch.units,
        "settings": batch.settings,
        "limits": batch.limits,
        "drivers": batch.drivers,
        "stop_grace_s": batch.stop_grace_s,
        "term_grace_s": batch.term_grace_s,
        "deadline_grace_s": batch.deadline_grace_s,
        "resources": batch.resources,
        "restarts_left": batch.restarts_left,
        "carried": batch.carried and {key: batch.carried[key] for key in ("batch", "steps")},
        "station_configuration": batch.station_configuration,
    }


def step_facts(step: Step) -> Facts:
    return {
        "name": step.name,
        "index": step.index,
        "attempt": step.attempt,
        "group": step.group,
        "within": step.within,
        "state": step.state,
        "outcome": step.outcome,
        "marginal": step.marginal,
        "retrying": step.retrying,
        "started_at": iso(step.started_at),
        "ended_at": iso(step.ended_at),
        "duration_ms": step.duration_ms,
        "input_count": step.input_count,
        "output_count": step.output_count,
        "result": step.result,
        "error_message": step.message,
    }


def measurement_facts(measurement: Measurement) -> Facts:
    """A measurement with the place of its step, which must have been fetched with it."""
    return {
        "step": measurement.step.index,
        "attempt": measurement.step.attempt,
        "name": measurement.name,
        "type": measurement.type,
        "value": measurement.value,
        "unit": measurement.unit,
        "limits": measurement.limits,
        "outcome": measurement.outcome,
        "marginal": measurement.marginal,
        "at": iso(measurement.at),
    }


def attachment_facts(attachment: Attachment) -> Facts:
    """An attachment with the place of its step, which must have been fetched with it. `size`: bytes."""
    return {
        "id": str(attachment.pk),
        "step": attachment.step.index,
        "attempt": attachment.step.attempt,
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "width": attachment.width,
        "height": attachment.height,
        "at": iso(attachment.at),
    }


def prompt_facts(prompt: Prompt) -> Facts:
    """A question with its answer. `image`: the name of its picture in the package."""
    asked = prompt.question
    return {
        "prompt": prompt.key,
        "step": prompt.step,
        "attempt": prompt.attempt,
        "type": prompt.type,
        "message": asked["message"],
        "choices": asked["choices"],
        "unit": asked["unit"],
        "minimum": asked["minimum"],
        "maximum": asked["maximum"],
        "default": asked["default"],
        "image": asked["image"] and asked["image"]["file"],
        "timeout_s": asked["timeout_s"],
        "state": prompt.state,
        "asked_at": iso(prompt.asked_at),
        "answered_at": iso(prompt.answered_at),
        "answer": prompt.answer,
        "answered_by": prompt.answered_by,
        "taken_at": iso(prompt.taken_at),
        "closed_at": iso(prompt.closed_at),
        "closed_why": prompt.closed_why,
        "control": str(prompt.control_id) if prompt.control_id else None,
    }


def event_facts(event: Event, *, whole: bool = True) -> Facts:
    """A line of a story, exactly as sockets carry it. `whole` also reads data that is too large for its row."""
    return {
        "seq": event.seq,
        "at": iso(event.at),
        "kind": event.kind,
        "level": event.level,
        "step": event.step,
        "message": event.message,
        "data": full_data(event) if whole else event.data,
    }


def control_event_facts(event: ControlEvent) -> Facts:
    return {
        "id": str(event.pk),
        "kind": event.kind,
        "batch": str(event.batch_id) if event.batch_id else None,
        "scope": event.scope,
        "by": event.by,
        "face": event.face,
        "reason": event.reason,
        "details": event.details,
        "before": event.before,
        "after": event.after,
        "requested_at": iso(event.requested_at),
        "delivered_at": iso(event.delivered_at),
        "obeyed_at": iso(event.obeyed_at),
    }


def error_facts(error: ErrorLog) -> Facts:
    return {
        "step": error.step,
        "attempt": error.attempt,
        "at": iso(error.at),
        "category": error.category,
        "exception": error.exception,
        "message": error.message,
        "traceback": error.traceback,
    }


def instrument_facts(instrument: Instrument) -> Facts:
    """An instrument, as it was found when somebody looked for it last. Its station must have been fetched with it."""
    return {
        "id": instrument.pk,
        "station": instrument.station_id,
        "name": instrument.name,
        "state": instrument_state(instrument),
        "identity": instrument.identity,
        "problem": instrument.problem,
        "last_answer_at": iso(instrument.last_answer_at),
        "response_ms": instrument.response_ms,
        "calibration_due": instrument.calibration_due.isoformat() if instrument.calibration_due else None,
        "calibration_overdue": is_overdue(instrument),
    }


def instrument_state(instrument: Instrument) -> InstrumentState:
    if instrument.present is None:
        return InstrumentState.UNKNOWN
    if not instrument.present:
        return InstrumentState.ABSENT
    return InstrumentState.PROBLEM if instrument.problem else InstrumentState.PRESENT


def out_of_service(slot: Slot) -> Facts | None:
    """What keeps a slot from taking work; of several things the one that stays longest. None: it is in service."""
    if not slot.in_file:
        return {"why": "FILE", "by": "", "reason": "", "at": None}
    if slot.taken_out is not None:
        held = slot.taken_out
        return {"why": "PERSON", "by": held["by"], "reason": held["reason"], "at": _iso_of(held["at"])}
    if slot.health_problem is not None:
        names = ", ".join(sorted(slot.health_problem["instruments"]))
        return {"why": "HEALTH", "by": "", "reason": names, "at": _iso_of(slot.health_problem["at"])}
    return None


def slot_facts(
    slot: Slot,
    active: Batch | None,
    waiting: int,
    instruments: Iterable[Instrument],
    holders: Sequence[Holder] = (),
    *,
    alive: bool,
    last_beat: datetime | None,
) -> Facts:
    """A slot or lane, with the batch it runs and how many wait for it. `alive`: its station's heart beats.

    A station that was stopped on purpose is not alive either; it has no last beat, and nobody has lost contact to it.
    """
    return {
        "id": slot.pk,
        "station": slot.station_id,
        "name": slot.name,
        "kind": slot.kind,
        "state": slot_state(slot, active),
        "alive": alive,
        "lost_contact_since": None if alive else iso(last_beat),
        "sequence": slot.sequence,
        "instruments": slot.instruments,
        "health": [instrument_facts(instrument) for instrument in instruments],
        "out_of_service": out_of_service(slot),
        "latch": slot.latch,
        "safe": slot.safe,
        "unsafe": unsafe_facts(slot.unsafe),
        "waiting": waiting,
        "waits_for": [holder_facts(holder) for holder in holders],
        "batch": str(active.pk) if active else None,
        "batch_name": active.name if active else "",
        "current_step": active.current_step if active else "",
        "prompt": active.open_prompt if active else "",
        "manual_by": active.manual_by if active else "",
        "progress": round(active.progress, 4) if active else None,
    }


def unsafe_facts(mark: Unsafe | None) -> Facts | None:
    """An unsafe mark with its times as everywhere."""
    if mark is None:
        return None
    times = {name: _iso_of(mark[name]) for name in ("since", "confirmed_at")}
    return {"why": mark["why"], "problems": mark["problems"], **times}


def holder_facts(holder: Holder) -> Facts:
    return {
        "instrument": holder.instrument,
        "batch": str(holder.batch),
        "batch_name": holder.name,
        "slot": holder.slot,
    }


def slot_state(slot: Slot, active: Batch | None) -> SlotState:
    """What counts most: that a slot is not known to be safe comes before everything else."""
    if slot.unsafe is not None or (slot.safe is False and active is None):
        return SlotState.UNSAFE
    if slot.latch is not None:
        return SlotState.LATCHED
    if active is not None and active.manual_by:
        return SlotState.MANUAL
    if not slot.in_service:
        return SlotState.OUT_OF_SERVICE
    return SlotState.IDLE if active is None else SlotState.BUSY


def iso(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def _iso_of(seconds: float | None) -> str | None:
    """A time of a guard's file, in seconds since the epoch."""
    return None if seconds is None else iso(datetime.fromtimestamp(round(seconds, 3), UTC))


def _id(key: UUID | None) -> str | None:
    return str(key) if key else None


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
