"""Answers to the prompts of a trial: those that were given with the command, then whoever sits at the terminal."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from sequences.parameters import expected_value, parse_value
from sequences.questions import answer_problems, declared_as
from sequences.wording import quoted
from stations.contracts import Wish

_SHORT = {"y": "yes", "n": "no"}


class Answers:
    """One prompt at a time. `given`: what answers the first prompts, in order."""

    def __init__(self, given: Iterable[str]) -> None:
        self._given = deque(given)
        self._prompt: dict[str, Any] | None = None
        self._typed = b""

    @property
    def readable(self) -> list[int]:
        """What to wait for beside everything else: the terminal, while it is asked."""
        return [sys.stdin.fileno()] if self._prompt is not None else []

    def forget(self) -> None:
        """The prompt is over, whoever ended it."""
        self._prompt = None

    def ask(self, prompt: dict[str, Any], say: Callable[[str], None]) -> Wish | None:
        """The answer that was given with the command; else None, and the terminal is asked.

        Where nobody sits there, and for an answer that cannot be, the wish is a stop.
        """
        if self._given:
            given = self._given.popleft()
            refused = f"'{quoted(given)}' is not {_expected(prompt)}"
            return self._answer(prompt, given) or self._stop(prompt, refused)
        if not sys.stdin.isatty():
            return self._stop(prompt, "nobody can be asked here: give its answer with --answer")
        self._prompt = prompt
        say(f"Answer with {_expected(prompt)} and Enter:")
        return None

    def read(self, say: Callable[[str], None]) -> Wish | None:
        """Take what was typed. None while the line is not whole, or does not fit: then it is asked again."""
        prompt = self._prompt
        if prompt is None:
            return None
        typed = os.read(sys.stdin.fileno(), 4096)
        if not typed:
            self._prompt = None
            return self._stop(prompt, "the terminal was closed")
        line, end, rest = (self._typed + typed).partition(b"\n")
        self._typed = rest if end else line
        if not end:
            return None
        wish = self._answer(prompt, line.decode(errors="replace").strip())
        if wish is None:
            say(f"That is not {_expected(prompt)}. Once more:")
        else:
            self._prompt = None
        return wish

    def _answer(self, prompt: dict[str, Any], text: str) -> Wish | None:
        kind = prompt["type"]
        text = _numbered(prompt).get(text, text)
        value = parse_value(_SHORT.get(text.lower(), text) if kind == "confirm" else text, declared_as(prompt)["type"])
        if answer_problems(prompt, value):
            return None
        return Wish(word="answer", control="", reason="", prompt=prompt["prompt"], value=value, by="terminal")

    def _stop(self, prompt: dict[str, Any], why: str) -> Wish:
        return Wish(word="stop", control="", reason=f"'{prompt['message']}' was not answered, {why}")


def _numbered(prompt: dict[str, Any]) -> dict[str, str]:
    """The choices by a number that is quicker to type; none where one of them could be taken for such a number."""
    choices = prompt["choices"]
    if any(choice.isdecimal() for choice in choices):
        return {}
    return {str(number): choice for number, choice in enumerate(choices, 1)}


def _expected(prompt: dict[str, Any]) -> str:
    """ "yes or no", "1 intact, 2 worn, 3 missing", "one of '5', '10'", "a number from 10 to 200 mm"."""
    if prompt["type"] == "confirm":
        return "yes or no"
    if numbered := _numbered(prompt):
        return ", ".join(f"{number} {choice}" for number, choice in numbered.items())
    return str(expected_value(declared_as(prompt)))
