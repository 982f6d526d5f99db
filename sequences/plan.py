"""The plan of a run: its steps in order, each with its place, and every option decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sequences.authoring import SequenceDefinition, StepDefinition
from sequences.contracts import PlannedStep
from sequences.manifest import Manifest
from sequences.run import Run

TEARDOWN_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one run. It takes `repeat` places in the plan, from `first` on."""

    first: int
    repeat: int
    name: str
    group: str
    method: Callable[[Run], Any]
    timeout_s: float | None
    attempts: int
    retry_delay_s: float
    stop_on_fail: bool
    resumable: bool

    @property
    def indexes(self) -> range:
        return range(self.first, self.first + self.repeat)


@dataclass(frozen=True)
class Group:
    """Steps that belong together: whatever becomes of setup and main, what was set up is torn down."""

    setup: list[Step]
    main: list[Step]
    teardown: list[Step]

    def __iter__(self) -> Iterator[Step]:
        return iter([*self.setup, *self.main, *self.teardown])

    @property
    def main_indexes(self) -> range:
        first = sum(step.repeat for step in self.setup)
        return range(first, first + sum(step.repeat for step in self.main))

    @property
    def total_steps(self) -> int:
        return sum(step.repeat for step in self)

    def as_lines(self) -> list[PlannedStep]:
        return [
            PlannedStep(
                index=step.first, name=step.name, group=step.group, repeat=step.repeat, resumable=step.resumable
            )
            for step in self
        ]


def make_plan(definition: SequenceDefinition, manifest: Manifest, parameters: Mapping[str, Any]) -> Group:
    """Bind the steps to a fresh instance of the sequence. Raises ValueError when a repetition cannot be counted."""
    instance = definition.cls()
    place = 0
    groups: dict[str, list[Step]] = {}
    for group in ("setup", "main", "teardown"):
        groups[group] = []
        for declared in definition.group(group):
            step = _decide(declared, place, getattr(instance, declared.name), manifest, parameters)
            groups[group].append(step)
            place += step.repeat
    return Group(**groups)


def _decide(
    declared: StepDefinition,
    first: int,
    method: Callable[[Run], Any],
    manifest: Manifest,
    parameters: Mapping[str, Any],
) -> Step:
    in_teardown = declared.group == "teardown"
    timeout_s = TEARDOWN_TIMEOUT_S if declared.timeout_s is None and in_teardown else declared.timeout_s
    attempts = 1 if in_teardown else manifest.retry.attempts
    stop_on_fail = manifest.stop_on_fail if declared.stop_on_fail is None else declared.stop_on_fail
    return Step(
        first=first,
        repeat=_count(declared, parameters),
        name=declared.name,
        group=declared.group,
        method=method,
        timeout_s=timeout_s,
        attempts=attempts if declared.attempts is None else declared.attempts,
        retry_delay_s=manifest.retry.delay_s if declared.retry_delay_s is None else declared.retry_delay_s,
        stop_on_fail=stop_on_fail,
        resumable=declared.group == "main" and _is_resumable(declared, manifest),
    )


def _is_resumable(declared: StepDefinition, manifest: Manifest) -> bool:
    """Work without a bench may go on anywhere; hardware stands as it was only where the author says so."""
    for said in (declared.resumable, manifest.resumable):
        if said is not None:
            return said
    return not manifest.instruments


def _count(declared: StepDefinition, parameters: Mapping[str, Any]) -> int:
    if isinstance(declared.repeat, int):
        return declared.repeat
    count = parameters.get(declared.repeat)
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ValueError(f"step '{declared.name}' is repeated '{declared.repeat}' times, which is {count!r}")
    return count
