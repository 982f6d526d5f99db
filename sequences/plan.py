"""The plan of a run: its steps in order, each with its place, and every option decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sequences.authoring import GroupDefinition, StepDefinition
from sequences.conditions import Condition
from sequences.contracts import PlannedStep
from sequences.manifest import Manifest

TEARDOWN_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one run. It takes `repeat` places in the plan, from `first` on."""

    first: int
    repeat: int
    name: str
    group: str  # "setup", "main" or "teardown" of the group that it stands in
    within: str  # the nested groups around it, as "radio/antenna"; empty for the sequence's own steps
    method: Callable[..., Any]  # of the run, and of the item where it goes over items
    condition: Condition
    timeout_s: float | None
    attempts: int
    retry_delay_s: float
    retry_on: tuple[type[BaseException], ...]
    critical: bool
    resumable: bool
    items: bool = False
    item_timeout_s: float | None = None

    @property
    def indexes(self) -> range:
        return range(self.first, self.first + self.repeat)

    @property
    def place(self) -> dict[str, str]:
        """Name and group, as lines of the story have them."""
        return {"name": self.name, "group": self.group, **({"within": self.within} if self.within else {})}

    def as_line(self) -> PlannedStep:
        line = PlannedStep(
            index=self.first, name=self.name, group=self.group, repeat=self.repeat, resumable=self.resumable
        )
        if self.within:
            line["within"] = self.within
        if self.items:
            line["items"] = True
        return line


@dataclass(frozen=True)
class Group:
    """Steps that belong together: whatever becomes of setup and main, what was set up is torn down.

    The outermost one is the whole plan. In main there may be further groups.
    """

    name: str
    condition: Condition
    setup: list[Step]
    main: list[Step | Group]
    teardown: list[Step]

    def __iter__(self) -> Iterator[Step]:
        """Every step, those of nested groups included, in order of their places."""
        return iter([*self.setup, *self.main_steps, *self.teardown])

    @property
    def main_steps(self) -> list[Step]:
        """Main with every step of the groups in it, their setup and teardown included."""
        return [step for item in self.main for step in (item if isinstance(item, Group) else [item])]

    @property
    def main_indexes(self) -> range:
        first = sum(step.repeat for step in self.setup)
        return range(first, first + sum(step.repeat for step in self.main_steps))

    @property
    def indexes(self) -> range:
        steps = list(self)
        return range(steps[0].first, steps[-1].indexes.stop) if steps else range(0)

    @property
    def total_steps(self) -> int:
        return sum(step.repeat for step in self)

    def step_at(self, index: int) -> Step:
        return next(step for step in self if index in step.indexes)

    def only(self, name: str) -> Group:
        """This plan with one step alone, in its place. Raises ValueError when there is no such step over items."""
        for step in self.main_steps:
            if step.name == name and step.items:
                return Group(self.name, self.condition, [], [step], [])
        raise ValueError(f"the plan has no step over items named '{name}'")

    def as_lines(self) -> list[PlannedStep]:
        return [step.as_line() for step in self]


def make_plan(definition: GroupDefinition, manifest: Manifest, parameters: Mapping[str, Any]) -> Group:
    """Bind the steps to fresh instances of the sequence and its groups.

    Raises ValueError when a repetition cannot be counted, or a dependency names nothing that ends earlier.
    """
    return _Planner(manifest, parameters).group(definition, definition.cls(), "")


class _Planner:
    """Gives out places, in order."""

    def __init__(self, manifest: Manifest, parameters: Mapping[str, Any]) -> None:
        self._manifest = manifest
        self._parameters = parameters
        self._place = 0
        self._begin: int | None = None
        self._ended: set[str] = set()  # the main steps and groups so far

    def group(self, definition: GroupDefinition, instance: Any, within: str) -> Group:
        if within and "/" not in within and self._is_resumable(definition.resumable):
            self._begin = self._place  # a later run may begin at a group, but only with its first step
        setup = [self._step(declared, instance, within) for declared in definition.steps_of("setup")]
        main: list[Step | Group] = []
        self._check_dependencies(definition.name, definition.condition)
        for declared in definition.part("main"):
            if isinstance(declared, StepDefinition):
                main.append(self._step(declared, instance, within))
            else:
                inner = declared.cls()
                inner.outer = instance
                main.append(self.group(declared, inner, f"{within}/{declared.name}".lstrip("/")))
            self._ended.add(declared.name)
        teardown = [self._step(declared, instance, within) for declared in definition.steps_of("teardown")]
        return Group(definition.name, definition.condition, setup, main, teardown)

    def _step(self, declared: StepDefinition, instance: Any, within: str) -> Step:
        manifest, in_teardown = self._manifest, declared.group == "teardown"
        self._check_dependencies(declared.name, declared.condition)
        self._check_items(declared, within)
        timeout_s = TEARDOWN_TIMEOUT_S if in_teardown else None if declared.items else manifest.step_timeout_s
        attempts = 1 if in_teardown or declared.items else manifest.retry.attempts
        step = Step(
            first=self._place,
            repeat=self._count(declared),
            name=declared.name,
            group=declared.group,
            within=within,
            method=getattr(instance, declared.name),
            condition=declared.condition,
            timeout_s=timeout_s if declared.timeout_s is None else declared.timeout_s,
            attempts=attempts if declared.attempts is None else declared.attempts,
            retry_delay_s=manifest.retry.delay_s if declared.retry_delay_s is None else declared.retry_delay_s,
            retry_on=declared.retry_on,
            critical=manifest.stop_on_fail if declared.critical is None else declared.critical,
            resumable=self._is_begin(declared, within),
            items=declared.items,
            item_timeout_s=declared.item_timeout_s,
        )
        self._place += step.repeat
        return step

    def _check_items(self, declared: StepDefinition, within: str) -> None:
        """Helping lanes have no instruments, and neither setup nor teardown."""
        if declared.items and within:
            raise ValueError(f"step '{declared.name}' goes over items, so it cannot stand in group '{within}'")
        if declared.items and self._manifest.instruments:
            raise ValueError(
                f"step '{declared.name}' goes over items, on any lane: its sequence cannot use instruments"
            )

    def _check_dependencies(self, name: str, condition: Condition) -> None:
        """Names that the validator could not read: those of constants and expressions."""
        for wanted in condition.depends_on:
            if wanted not in self._ended:
                raise ValueError(f"'{name}' depends on '{wanted}', which is no main step or group that ends before it")

    def _is_begin(self, declared: StepDefinition, within: str) -> bool:
        if within:
            return self._place == self._begin
        return declared.group == "main" and self._is_resumable(declared.resumable)

    def _is_resumable(self, declared: bool | None) -> bool:
        """Work without a bench may go on anywhere; hardware stands as it was only where the author says so."""
        for said in (declared, self._manifest.resumable):
            if said is not None:
                return said
        return not self._manifest.instruments

    def _count(self, declared: StepDefinition) -> int:
        if isinstance(declared.repeat, int):
            return declared.repeat
        count = self._parameters.get(declared.repeat)
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise ValueError(f"step '{declared.name}' is repeated '{declared.repeat}' times, which is {count!r}")
        return count
