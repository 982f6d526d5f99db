"""What the page of one batch begins with: its rows as they are, and up to which event they tell the story."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Model, Q, Window
from django.db.models.functions import RowNumber

from control.history.facts import (
    Facts,
    attachment_facts,
    batch_facts,
    batch_provenance,
    control_event_facts,
    error_facts,
    iso,
    measurement_facts,
    prompt_facts,
    step_facts,
)
from control.history.interventions import interventions
from control.history.queue import batches_ahead, held_back
from control.journal.kinds import Kind
from control.models import Attachment, Batch, ErrorLog, Event, Measurement, Prompt, Step, Stream
from control.states import State, StepOutcome, StepState
from sequences.contracts import PlannedStep

# What a page keeps of a long run. The complete rows are in the admin and the API.
NEWEST_STEPS = 300
OLD_FAILURES = 50  # of the steps before those, the first ones that failed
PENDING_STEPS = 100
MEASUREMENTS_PER_STEP = 40
ATTACHMENTS_PER_STEP = 40
NEWEST_ERRORS = 50
NEWEST_CONTROLS = 100
CURVE_ROWS = 200
LONGEST_TEXT = 4000
LARGEST_RESULT = 8 * 1024  # characters of JSON without spaces

_STARTED_WITHIN = 1000  # `batch.started` comes after a few lines of the runner's own output
_PROOF_WITHIN = 500  # the safe state is among the very last lines
_BAD = (StepOutcome.FAIL, StepOutcome.ERROR, StepOutcome.TIMEOUT)


def read_batch_story(batch_id: UUID, now: datetime) -> Facts | None:
    """Facts of a batch in a fixed number of queries, however long it ran; None when there is no such batch.

    The head of its stream is read before the rows: an event after `head` may be in them already, none is missing.
    """
    stream = Stream.objects.filter(batch=batch_id).values("pk", "last_seq").first()
    batch = Batch.objects.select_related("dataset", "target_dataset").filter(pk=batch_id).first()
    if batch is None or stream is None:
        return None
    events = Event.objects.filter(stream=stream["pk"])
    counts = _ended_counts(batch)
    steps = _kept_steps(batch)
    errors = ErrorLog.objects.filter(batch=batch)
    controls = interventions(batch, now).order_by("-pk")
    return {
        "head": stream["last_seq"],
        "now": iso(now.astimezone(UTC)),
        "batch": _batch(batch, now),
        "provenance": batch_provenance(batch),
        "total_steps": _total_steps(events),
        "repeats": _repeats(batch.plan),
        "steps": [_step(step) for step in steps],
        "hidden": dict(counts - _counted(steps)),
        "measurements": _measurements(steps),
        "attachments": _first_of_steps(Attachment, steps, ATTACHMENTS_PER_STEP, attachment_facts),
        "controls": [control_event_facts(event) for event in reversed(controls[:NEWEST_CONTROLS])],
        "prompt": _newest_prompt(batch),
        "errors": [_error(error) for error in reversed(errors.order_by("-pk")[:NEWEST_ERRORS])],
        "total_errors": errors.count(),
        "safe_state": _last_proof(events, stream["last_seq"]),
        "position": batches_ahead(batch) if batch.state == State.QUEUED else None,
        "held": held_back(batch),
    }


def _repeats(plan: Sequence[PlannedStep]) -> list[Facts]:
    """Which places of a plan are repetitions of one step."""
    repeated = (planned for planned in plan if planned["repeat"] > 1)
    return [{"first": planned["index"], "count": planned["repeat"]} for planned in repeated]


def _batch(batch: Batch, now: datetime) -> Facts:
    facts = {**batch_facts(batch, now), "error": shortened(batch.error)}
    return facts | _about_time(batch, facts) | shown_result(batch.result)


def _about_time(batch: Batch, facts: Facts) -> Facts:
    """What the page goes on reckoning with: of a batch over items their pace, or what its items took in others."""
    left, expected_s = facts["seconds_left"], batch.expected_s
    paced = facts["items_per_second"] is not None
    if left is not None and facts["total_items"] and not paced and not facts["completed_items"]:
        expected_s = facts["elapsed_s"] + left
    return {"expected_s": expected_s, "items_seconds_left": left if paced else None}


def _ended_counts(batch: Batch) -> Counter[str]:
    """How many attempts ended with which outcome; those that were tried again count as RETRYING."""
    ended = Step.objects.filter(batch=batch, state=StepState.ENDED)
    rows = ended.order_by().values_list("outcome", "retrying").annotate(Count("pk"))
    counts: Counter[str] = Counter()
    for outcome, retrying, count in rows:
        counts["RETRYING" if retrying else outcome] += count
    return counts


def _counted(steps: Sequence[Step]) -> Counter[str]:
    ended = [step for step in steps if step.state == StepState.ENDED]
    return Counter("RETRYING" if step.retrying else step.outcome for step in ended)


def _kept_steps(batch: Batch) -> list[Step]:
    """The newest attempts that have begun, the first failures before them, and what comes next; in their order."""
    steps = Step.objects.filter(batch=batch)
    begun = steps.exclude(state=StepState.PENDING)
    newest = list(begun.order_by("-index", "-attempt")[:NEWEST_STEPS])[::-1]
    first = newest[0] if newest else Step(index=0, attempt=1)
    before = Q(index__lt=first.index) | Q(index=first.index, attempt__lt=first.attempt)
    failures = begun.filter(before, outcome__in=_BAD, retrying=False).order_by("index", "attempt")[:OLD_FAILURES]
    pending = steps.filter(state=StepState.PENDING).order_by("index", "attempt")[:PENDING_STEPS]
    kept = {step.pk: step for step in (*pending, *failures, *newest)}  # one that began meanwhile is taken once
    return sorted(kept.values(), key=lambda step: (step.index, step.attempt))


def _newest_prompt(batch: Batch) -> Facts | None:
    """What a batch asked last: what it waits for, or who has just answered what. The others are control events."""
    newest = Prompt.objects.filter(batch=batch).order_by("-pk").first()
    return None if newest is None else prompt_facts(newest)


def _step(step: Step) -> Facts:
    facts = step_facts(step)
    facts["error_message"] = shortened(facts["error_message"])
    return facts | shown_result(step.result)


def _measurements(steps: Sequence[Step]) -> list[Facts]:
    found = _first_of_steps(Measurement, steps, MEASUREMENTS_PER_STEP, measurement_facts)
    return [{**facts, "value": shown_value(facts["value"])} for facts in found]


def _first_of_steps(
    model: type[Model], steps: Sequence[Step], most: int, facts_of: Callable[[Any], Facts]
) -> list[Facts]:
    """The first rows of each kept attempt, with how many it has."""
    known = {step.pk: step for step in steps}
    place = Window(RowNumber(), partition_by=F("step"), order_by=F("pk").asc())
    of_step = Window(Count("pk"), partition_by=F("step"))
    rows = model._default_manager.filter(step__in=known).annotate(place=place, of_step=of_step)
    found = []
    for row in rows.filter(place__lte=most).order_by("pk"):
        row.step = known[row.step_id]
        found.append({**facts_of(row), "of_step": row.of_step})
    return found


def shown_value(value: Any) -> Any:
    """What a page shows of a value: of a long curve evenly chosen points and their true number, of a text its begin."""
    if isinstance(value, dict) and isinstance(value.get("rows"), list):
        rows, count = value["rows"], len(value["rows"])
        if count > CURVE_ROWS:
            rows = [rows[place * (count - 1) // (CURVE_ROWS - 1)] for place in range(CURVE_ROWS)]
        return {"columns": value["columns"], "rows": rows, "total": count}
    return shortened(value) if isinstance(value, str) else value


def shown_result(result: Any) -> Facts:
    """A result with its page, unless it is too large for that. Measured as its script measures it."""
    too_large = len(json.dumps(result, ensure_ascii=False, separators=(",", ":"))) > LARGEST_RESULT
    return {"result": None if too_large else result, "result_left_out": too_large}


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"


def _error(error: ErrorLog) -> Facts:
    facts = error_facts(error)
    return {**facts, "message": shortened(facts["message"]), "traceback": shortened(facts["traceback"])}


def _total_steps(events: Any) -> int | None:
    """How many steps the run has planned; None before it has."""
    started = events.filter(kind=Kind.BATCH_STARTED, seq__lte=_STARTED_WITHIN).order_by("seq").first()
    return started.data.get("total_steps") if started else None


def _last_proof(events: Any, head: int) -> Facts | None:
    """What the instruments answered when they were brought into their safe state."""
    proof = events.filter(kind=Kind.SAFE_STATE, seq__gt=head - _PROOF_WITHIN).order_by("-seq").first()
    return {"at": iso(proof.at), **proof.data} if proof else None
