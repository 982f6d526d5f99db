"""The steps and measurements of two runs side by side, page by page however long the runs were.

Steps are matched by name and repetition, not by their place in the plan: a version that has one more step in front
would otherwise match nothing. Of several attempts the one that counts is compared. Two durations are never the same
and make no difference by themselves.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber

from control.history.compared_values import measured_pair
from control.history.facts import Facts
from control.lifecycle.refusals import UnknownName
from control.models import Batch, Measurement, Step
from sequences.contracts import PlannedStep

REPETITIONS = 10  # of a step that a view of all steps shows; the others are looked at by choosing the step
MEASUREMENTS = 40  # of one repetition, unless it is the only one that is looked at
LIMIT, DIFFERENCES_LIMIT = 50, 200  # repetitions of which a page tells, or among which it looks for differences
MOST = 500
ALONE = 200  # of the measurements of the only repetition that is looked at
WEIGHT, WEIGHT_OF_FILE = 400, 20_000  # rows of measurements after which a page ends
WEIGHT_OF_CURVE = 20


@dataclass(frozen=True)
class View:
    """Which part of two runs is looked at. `repetition` counts from 0 and goes with `step` alone.

    `every_repetition`: of all steps, and all their measurements, for whoever has no page to fill.
    """

    only_differences: bool = False
    step: str = ""
    repetition: int | None = None
    first: int = 0
    limit: int | None = None
    every_repetition: bool = False

    @property
    def size(self) -> int:
        return self.limit or (DIFFERENCES_LIMIT if self.only_differences else LIMIT)


@dataclass(frozen=True)
class Matched:
    """A planned step of either run or of both, with the places that its repetitions take up in each plan."""

    name: str
    group: str
    a: range
    b: range

    @property
    def count(self) -> int:
        return max(len(self.a), len(self.b))

    def indexes(self, repetition: int) -> tuple[int | None, int | None]:
        return _at(self.a, repetition), _at(self.b, repetition)


@dataclass(frozen=True)
class Place:
    """One repetition of a matched step. `step_a`, `step_b`: its attempts that count."""

    matched: Matched
    repetition: int
    step_a: Step | None
    step_b: Step | None


class Places:
    """All repetitions that a view is about, in their order, without a row for each: there may be millions."""

    def __init__(self, steps: list[Matched], view: View) -> None:
        self.steps = steps
        self.view = view
        whole = view.only_differences or view.step or view.every_repetition
        self.counts = [step.count if whole else min(step.count, REPETITIONS) for step in steps]
        if view.repetition is not None:
            self.counts = [1 if view.repetition < step.count else 0 for step in steps]
        self.ends = list(accumulate(self.counts))

    def __len__(self) -> int:
        return self.ends[-1] if self.ends else 0

    def between(self, first: int, end: int) -> list[tuple[Matched, int]]:
        found = []
        for number in range(first, min(end, len(self))):
            at = bisect_right(self.ends, number)
            inside = number - (self.ends[at] - self.counts[at])
            found.append((self.steps[at], inside if self.view.repetition is None else self.view.repetition))
        return found


def compare_steps(a: Batch, b: Batch, view: View) -> Facts:
    """A page of compared steps, in at most three queries; `next` is where the next page begins, None at the end.

    `total` counts the repetitions that the view is about, `looked_at` those that this page has looked at. Raises
    UnknownName for a step that neither run has.
    """
    steps = matched_steps(a.plan, b.plan)
    if view.step:
        known = [step.name for step in steps]
        steps = [step for step in steps if step.name == view.step]
        if not steps:
            raise UnknownName("step", view.step, known)
    places = Places(steps, view)
    if view.repetition is not None:
        return _compare_one(a, b, places, view)
    window = places.between(view.first, view.first + view.size)
    found = _found(a, b, window)
    names = _names(found, None if view.every_repetition else MEASUREMENTS)
    taken = _fitting(found, names, WEIGHT_OF_FILE if view.every_repetition else WEIGHT)
    rows = _measurements(taken, names)
    results = [_compared(place, names, rows) for place in taken]
    if view.only_differences:
        results = [_without_equal(place) for place in results if place["differs"]]
    return _page(results, view.first, len(taken), len(places))


def _compare_one(a: Batch, b: Batch, places: Places, view: View) -> Facts:
    """One repetition, with a page of its measurements: those are what `first`, `total` and `next` count here."""
    found = _found(a, b, places.between(0, 1))
    if not found:
        return _page([], 0, 0, 0)
    names = _names(found, None)
    left, right = _named(found[0], names)
    whole = list({**left.weights, **right.weights})
    part = set(whole[view.first : view.first + ALONE])
    shown = {
        step: Named({name: weight for name, weight in named.weights.items() if name in part}, named.total)
        for step, named in names.items()
    }
    results = [{**_compared(found[0], shown, _measurements(found, shown)), "complete": True}]
    if view.only_differences:
        results = [_without_equal(place) for place in results]
    return _page(results, view.first, len(part), len(whole))


def _page(results: list[Facts], first: int, looked_at: int, total: int) -> Facts:
    end = first + looked_at
    return {
        "results": results,
        "first": first,
        "looked_at": looked_at,
        "total": total,
        "next": end if looked_at and end < total else None,
    }


def matched_steps(a: Iterable[PlannedStep], b: Iterable[PlannedStep]) -> list[Matched]:
    """Every step of two plans, in the order of the first; what only the second has follows what precedes it there."""
    left, right = _by_name(a), _by_name(b)
    only_b: dict[Any, list[Any]] = defaultdict(list)
    before = None
    for key in right:
        if key in left:
            before = key
        else:
            only_b[before].append(key)
    keys = [*only_b[None]]
    for key in left:
        keys += [key, *only_b[key]]
    return [_matched(left.get(key), right.get(key)) for key in keys]


def _by_name(plan: Iterable[PlannedStep]) -> dict[tuple[str, int], PlannedStep]:
    """Planned steps by name; should one name come again, by how often it came before."""
    seen: Counter[str] = Counter()
    found = {}
    for planned in plan:
        found[planned["name"], seen[planned["name"]]] = planned
        seen[planned["name"]] += 1
    return found


def _matched(a: PlannedStep | None, b: PlannedStep | None) -> Matched:
    known = a or b
    assert known is not None  # it stands in one of the plans
    return Matched(known["name"], known["group"], _indexes(a), _indexes(b))


def _indexes(planned: PlannedStep | None) -> range:
    return range(0) if planned is None else range(planned["index"], planned["index"] + planned["repeat"])


def _at(indexes: range, repetition: int) -> int | None:
    return indexes[repetition] if repetition < len(indexes) else None


def _counting_attempts(a: Batch, b: Batch, window: list[tuple[Matched, int]]) -> dict[tuple[Any, int], Step]:
    """The newest attempt that no other followed, by batch and index."""
    if not window:
        return {}
    pairs = [step.indexes(repetition) for step, repetition in window]
    in_a = [left for left, _right in pairs if left is not None]
    in_b = [right for _left, right in pairs if right is not None]
    of_both = Q(batch=a.pk, index__in=in_a) | Q(batch=b.pk, index__in=in_b)
    rows = Step.objects.filter(of_both, retrying=False).defer("result").order_by("attempt")
    return {(row.batch_id, row.index): row for row in rows}


def _found(a: Batch, b: Batch, window: list[tuple[Matched, int]]) -> list[Place]:
    """The repetitions of a window with their attempts that count, in one query."""
    counting = _counting_attempts(a, b, window)
    found = []
    for step, repetition in window:
        left, right = step.indexes(repetition)
        step_a = None if left is None else counting.get((a.pk, left))
        step_b = None if right is None else counting.get((b.pk, right))
        found.append(Place(step, repetition, step_a, step_b))
    return found


@dataclass(frozen=True)
class Named:
    """The measurements of one attempt that are looked at, by name, each with its weight, and how many it has in all."""

    weights: dict[str, int]
    total: int


def _names(places: list[Place], most: int | None) -> dict[int, Named]:
    """The first measurements of each attempt, under its key; all of them where `most` is None."""
    steps = [step.pk for place in places for step in (place.step_a, place.step_b) if step]
    if not steps:
        return {}
    place = Window(RowNumber(), partition_by=F("step"), order_by=F("pk").asc())
    rows = Measurement.objects.filter(step__in=steps).annotate(
        place=place, of_step=Window(Count("pk"), partition_by=F("step"))
    )
    if most is not None:
        rows = rows.filter(place__lte=most)
    found: dict[int, Named] = {}
    for step, name, kind, total in rows.order_by("pk").values_list("step", "name", "type", "of_step"):
        named = found.setdefault(step, Named({}, total))
        named.weights[name] = WEIGHT_OF_CURVE if kind == Measurement.Type.CURVE else 1
    return found


def _named(place: Place, names: Mapping[int, Named]) -> tuple[Named, Named]:
    nothing = Named({}, 0)
    left, right = (names.get(step.pk, nothing) if step else nothing for step in (place.step_a, place.step_b))
    return left, right


def _fitting(places: list[Place], names: Mapping[int, Named], most: int) -> list[Place]:
    """As many as a page can show, at least one. `most`: rows of measurements."""
    weight = 0
    for number, place in enumerate(places):
        left, right = _named(place, names)
        weight += sum({**left.weights, **right.weights}.values())
        if weight > most and number:
            return places[:number]
    return places


def _measurements(places: list[Place], names: Mapping[int, Named]) -> dict[tuple[int, str], Measurement]:
    """The rows by attempt and name. What one run has among its first ones may come late in the other: by name."""
    wanted: set[str] = set()
    steps: list[int] = []
    for place in places:
        left, right = _named(place, names)
        wanted |= {*left.weights, *right.weights}
        steps += [step.pk for step in (place.step_a, place.step_b) if step]
    if not wanted:
        return {}
    rows = Measurement.objects.filter(step__in=steps, name__in=wanted)
    return {(row.step_id, row.name): row for row in rows}


def _compared(place: Place, names: Mapping[int, Named], rows: Mapping[tuple[int, str], Measurement]) -> Facts:
    left, right = _named(place, names)
    measured = [
        measured_pair(name, _row(place.step_a, name, rows), _row(place.step_b, name, rows))
        for name in {**left.weights, **right.weights}
    ]
    a, b = _side(place.step_a), _side(place.step_b)
    told = _judgement(a) != _judgement(b)
    return {
        "name": place.matched.name,
        "group": place.matched.group,
        "repetition": place.repetition,
        "repetitions": {"a": len(place.matched.a), "b": len(place.matched.b)},
        "a": a,
        "b": b,
        "measurements": measured,
        "total_measurements": {"a": left.total, "b": right.total},
        "complete": left.total <= len(left.weights) and right.total <= len(right.weights),
        "differs": told or any(each["differs"] for each in measured),
    }


def _without_equal(place: Facts) -> Facts:
    return {**place, "measurements": [each for each in place["measurements"] if each["differs"]]}


def _row(step: Step | None, name: str, rows: Mapping[tuple[int, str], Measurement]) -> Measurement | None:
    return rows.get((step.pk, name)) if step else None


def _side(step: Step | None) -> Facts | None:
    if step is None:
        return None
    return {
        "index": step.index,
        "attempt": step.attempt,
        "state": step.state,
        "outcome": step.outcome,
        "marginal": step.marginal,
        "duration_ms": step.duration_ms,
        "message": step.message,
    }


def _judgement(side: Facts | None) -> Collection[Any] | None:
    """What makes a difference between two attempts: not when and how long they ran."""
    return side and [side[name] for name in ("attempt", "state", "outcome", "marginal")]
