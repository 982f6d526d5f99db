"""Questions that a step asks a person, and what counts as an answer: one rule for the engine and for every face."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypedDict

from sequences.parameters import TYPES, value_problems
from sequences.units import check_unit
from sequences.wording import Wording, figure

LONGEST_MESSAGE = 1000  # characters; the same for a text that answers
LONGEST_ANSWER = 1000
MOST_CHOICES = 20
LONGEST_CHOICE = 100

# As which parameter an answer is judged.
_DECLARED = {"text": "string", "number": "number", "choice": "string", "confirm": "boolean"}


class Question(TypedDict):
    """What is asked. `default`: what the field begins with; nothing is ever answered by itself."""

    type: Literal["text", "number", "choice", "confirm"]
    message: str
    choices: list[str]  # of a choice
    unit: str  # of a number
    minimum: float | None
    maximum: float | None
    default: str | float | None  # of a text or a number


def question(type: Literal["text", "number", "choice", "confirm"], message: str, **more: Any) -> Question:
    """A question with whatever else it has. Raises ValueError with everything that is wrong with it."""
    nothing: dict[str, Any] = {"choices": [], "unit": "", "minimum": None, "maximum": None, "default": None}
    if isinstance(more.get("choices"), tuple):
        more["choices"] = list(more["choices"])
    asked = Question(type=type, message=message, **{**nothing, **more})  # type: ignore[typeddict-item]
    problems = list(question_problems(asked))
    if problems:
        raise ValueError("; ".join(problems))
    return asked


def question_problems(asked: Mapping[str, Any]) -> Iterator[str]:
    """Everything for which nobody could be asked this. Keys that are missing are not looked at."""
    message = asked.get("message", "?")
    if not isinstance(message, str) or not 0 < len(message.strip()) <= LONGEST_MESSAGE:
        yield f"a prompt asks with a text of 1 to {LONGEST_MESSAGE} characters"
    yield from check_unit(asked.get("unit", ""))
    bounds = {name: asked[name] for name in ("minimum", "maximum") if asked.get(name) is not None}
    if wrong := [name for name, bound in bounds.items() if not TYPES["number"](bound)]:
        yield f"{' and '.join(wrong)} must be a number"
    elif len(bounds) == 2 and bounds["minimum"] > bounds["maximum"]:
        yield f"minimum {figure(bounds['minimum'])} is above maximum {figure(bounds['maximum'])}"
    if asked.get("type") == "choice" and "choices" in asked:
        yield from _choice_problems(asked["choices"])
    default = asked.get("default")
    if default not in (None, "") and not wrong:
        yield from (f"default: {problem}" for problem in answer_problems(asked, default))


def _choice_problems(choices: Any) -> Iterator[str]:
    if not isinstance(choices, list | tuple) or not 1 < len(choices) <= MOST_CHOICES:
        yield f"a choice is one of 2 to {MOST_CHOICES} texts"
    elif not all(isinstance(choice, str) and 0 < len(choice.strip()) <= LONGEST_CHOICE for choice in choices):
        yield f"what can be chosen is a text of 1 to {LONGEST_CHOICE} characters"
    elif len(set(choices)) < len(choices):
        yield "every choice stands there once"


def answer_problems(asked: Mapping[str, Any], value: object) -> list[Wording]:
    """What is wrong with an answer, in a sentence that names what is expected."""
    found = value_problems("answer", declared_as(asked), value)
    if found:
        return [Wording("The answer must be %(expected)s, it is %(value)s.", found[0].values)]
    if asked["type"] == "text" and isinstance(value, str):
        if not value.strip():
            return [Wording("The answer is empty. Write something.")]
        if len(value) > LONGEST_ANSWER:
            said = {"given": len(value), "longest": LONGEST_ANSWER}
            return [Wording("The answer has %(given)s characters, at most %(longest)s are kept. Shorten it.", said)]
    return []


def declared_as(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The parameter as which an answer is judged."""
    declared: dict[str, Any] = {"type": _DECLARED[asked["type"]]}
    if asked["type"] == "choice":
        declared["enum"] = list(asked["choices"])
    if asked["type"] == "number":
        given = {name: asked.get(name) for name in ("unit", "minimum", "maximum")}
        declared |= {name: value for name, value in given.items() if value not in (None, "")}
    return declared
