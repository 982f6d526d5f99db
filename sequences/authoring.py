"""What a sequence package imports: the decorators that make a class a sequence, and `Run` for its annotations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from sequences.prompts import PromptTimeout
from sequences.run import Run
from sequences.step_options import option_problems

__all__ = ["PromptTimeout", "Run", "SequenceDefinition", "StepDefinition", "sequence", "setup", "step", "teardown"]

StepFunction = TypeVar("StepFunction", bound=Callable[..., Any])
Class = TypeVar("Class", bound=type)

_MARK = "__gwanje_step__"


@dataclass(frozen=True)
class StepDefinition:
    """How a step is to be run, as its decorator says. None: as the manifest or the engine says."""

    group: str  # "setup", "main" or "teardown"
    name: str
    timeout_s: float | None = None
    attempts: int | None = None  # tries in all
    retry_delay_s: float | None = None
    repeat: int | str = 1  # how many times it runs, or the integer parameter that tells
    stop_on_fail: bool | None = None
    resumable: bool | None = None


@dataclass(frozen=True)
class SequenceDefinition:
    """A sequence class and its steps in the order of their definition."""

    cls: type
    steps: list[StepDefinition]

    def group(self, name: str) -> list[StepDefinition]:
        return [step for step in self.steps if step.group == name]


def sequence(cls: Class) -> Class:
    """Make a class a sequence. Its steps run in the order in which they are written, on one fresh instance."""
    steps = [getattr(member, _MARK) for member in vars(cls).values() if hasattr(member, _MARK)]
    cls.__sequence__ = SequenceDefinition(cls, steps)  # type: ignore[attr-defined]
    return cls


class StepDecorator:
    """`@step` and `@step(timeout_s=5)` alike. Raises ValueError for an option that cannot be."""

    def __init__(self, group: str) -> None:
        self._group = group

    @overload
    def __call__(self, function: StepFunction, /) -> StepFunction: ...

    @overload
    def __call__(
        self,
        *,
        timeout_s: float | None = None,
        attempts: int | None = None,
        retry_delay_s: float | None = None,
        repeat: int | str = 1,
        stop_on_fail: bool | None = None,
        resumable: bool | None = None,
    ) -> Callable[[StepFunction], StepFunction]: ...

    def __call__(self, *functions: Any, **options: Any) -> Any:
        def mark(function: StepFunction) -> StepFunction:
            in_main = self._group == "main"
            found = [option_problems(name, value, in_main=in_main) for name, value in options.items()]
            problems = [problem for of_one in found for problem in of_one]
            if problems:
                raise ValueError(f"step '{function.__name__}': {'; '.join(problems)}")
            setattr(function, _MARK, StepDefinition(self._group, function.__name__, **options))
            return function

        return mark(functions[0]) if functions else mark


setup = StepDecorator("setup")
step = StepDecorator("main")
teardown = StepDecorator("teardown")
