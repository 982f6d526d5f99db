"""What a sequence package imports: the decorators that make a class a sequence, and `Run` for its annotations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, overload

from sequences.conditions import ALWAYS, Condition
from sequences.items.item import BadItem, Item
from sequences.items.item_run import ItemRun
from sequences.items.results import ItemResult
from sequences.prompts import PromptTimeout
from sequences.run import Run
from sequences.step_options import items_problems, option_problems

__all__ = [
    "BadItem",
    "GroupDefinition",
    "Item",
    "ItemResult",
    "ItemRun",
    "PromptTimeout",
    "Run",
    "StepDefinition",
    "group",
    "sequence",
    "setup",
    "step",
    "teardown",
]

StepFunction = TypeVar("StepFunction", bound=Callable[..., Any])
Class = TypeVar("Class", bound=type)
Names = str | Iterable[str]
Exceptions = type[BaseException] | tuple[type[BaseException], ...]

_STEP = "__gwanje_step__"
_GROUP = "__gwanje_group__"


@dataclass(frozen=True)
class StepDefinition:
    """How a step is to be run, as its decorator says. None: as the manifest or the engine says."""

    group: str  # "setup", "main" or "teardown"
    name: str
    timeout_s: float | None = None
    attempts: int | None = None  # tries in all
    retry_delay_s: float | None = None
    retry_on: tuple[type[BaseException], ...] = (Exception,)
    repeat: int | str = 1  # how many times it runs, or the integer parameter that tells
    critical: bool | None = None
    resumable: bool | None = None
    condition: Condition = ALWAYS
    items: bool = False  # it is called for each item of the batch's dataset, not once
    item_timeout_s: float | None = None


@dataclass(frozen=True)
class GroupDefinition:
    """A class with steps, and groups nested in it, in the order of their definition."""

    cls: type
    name: str = ""  # of a nested one
    resumable: bool | None = None
    condition: Condition = ALWAYS
    members: list[StepDefinition | GroupDefinition] = field(default_factory=list)

    def part(self, name: Literal["setup", "main", "teardown"]) -> list[StepDefinition | GroupDefinition]:
        """The steps of a part, and in main the groups."""
        return [member for member in self.members if getattr(member, "group", "main") == name]

    def names(self) -> list[str]:
        """Of every step, those of nested groups included."""
        return [
            name
            for member in self.members
            for name in ([member.name] if isinstance(member, StepDefinition) else member.names())
        ]

    def steps_of(self, part: Literal["setup", "main", "teardown"]) -> list[StepDefinition]:
        return [member for member in self.part(part) if isinstance(member, StepDefinition)]


def sequence(cls: Class) -> Class:
    """Make a class a sequence. Its steps run in the order in which they are written, on one fresh instance."""
    cls.__sequence__ = GroupDefinition(cls, members=_members(cls))  # type: ignore[attr-defined]
    return cls


def _members(cls: type) -> list[StepDefinition | GroupDefinition]:
    """In order of definition. Raises ValueError where some would be inherited, and so be forgotten."""
    for base in cls.__mro__[1:]:
        if any(_marks(base)):
            raise ValueError(
                f"class '{cls.__name__}' inherits from '{base.__name__}', whose steps would not run: steps are not "
                "inherited. Write them in the class itself, and what they share into methods without a decorator"
            )
    return list(_marks(cls))


def _marks(cls: type) -> Iterator[StepDefinition | GroupDefinition]:
    for member in vars(cls).values():
        marks = getattr(member, "__dict__", {})
        if _STEP in marks or _GROUP in marks:
            yield marks.get(_STEP) or marks[_GROUP]


@overload
def group(cls: Class, /) -> Class: ...


@overload
def group(
    *,
    run_if: str | Callable[[Run], Any] | None = None,
    depends_on: Names = (),
    gate: bool = False,
    resumable: bool | None = None,
) -> Callable[[Class], Class]: ...


def group(*classes: Any, **options: Any) -> Any:
    """Make a class in a sequence a group: setup, steps and teardown of its own, run in the place where it stands.

    Its steps have an instance of their own; `self.outer` is that of the class around it. Raises ValueError for an
    option that cannot be.
    """

    def mark(cls: Class) -> Class:
        _check(f"group '{cls.__name__}'", options, "group")
        setattr(cls, _GROUP, GroupDefinition(cls, cls.__name__, members=_members(cls), **_with_condition(options)))
        return cls

    return mark(classes[0]) if classes else mark


class StepDecorator:
    """`@step` and `@step(timeout_s=5)` alike. Raises ValueError for an option that cannot be."""

    def __init__(self, part: str, word: str) -> None:
        self._part = part
        self._word = word

    @overload
    def __call__(self, function: StepFunction, /) -> StepFunction: ...

    @overload
    def __call__(
        self,
        *,
        timeout_s: float | None = None,
        attempts: int | None = None,
        retry_delay_s: float | None = None,
        retry_on: Exceptions = (Exception,),
        repeat: int | str = 1,
        run_if: str | Callable[[Run], Any] | None = None,
        depends_on: Names = (),
        gate: bool = False,
        critical: bool | None = None,
        resumable: bool | None = None,
        items: bool = False,
        item_timeout_s: float | None = None,
    ) -> Callable[[StepFunction], StepFunction]: ...

    def __call__(self, *functions: Any, **options: Any) -> Any:
        def mark(function: StepFunction) -> StepFunction:
            _check(f"step '{function.__name__}'", options, self._word)
            chosen = _with_condition(options)
            if isinstance(chosen.get("retry_on"), type):
                chosen["retry_on"] = (chosen["retry_on"],)
            setattr(function, _STEP, StepDefinition(self._part, function.__name__, **chosen))
            return function

        return mark(functions[0]) if functions else mark


def _check(owner: str, options: dict[str, Any], word: str) -> None:
    problems = [problem for name, value in options.items() for problem in option_problems(name, value, word=word)]
    problems += items_problems(options)
    if problems:
        raise ValueError(f"{owner}: {'; '.join(problems)}")


def _with_condition(options: dict[str, Any]) -> dict[str, Any]:
    """The options, with those that decide whether it runs at all in one."""
    chosen = dict(options)
    names = chosen.pop("depends_on", None) or ()
    condition = Condition(
        run_if=chosen.pop("run_if", None),
        depends_on=(names,) if isinstance(names, str) else tuple(names),
        gate=chosen.pop("gate", None) or False,
    )
    return {**chosen, "condition": ALWAYS if condition == ALWAYS else condition}


setup = StepDecorator("setup", "setup")
step = StepDecorator("main", "step")
teardown = StepDecorator("teardown", "teardown")
