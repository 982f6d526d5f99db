"""Asking a person: a prompt is told in the story, waits until it is answered, and gives the answer to the step."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from sequences.package_pictures import read_picture
from sequences.questions import Question, answer_problems
from sequences.recorder import Recorder
from sequences.wording import Wording


class PromptTimeout(Exception):
    """Nobody answered in time. A step may catch it; one that does not ends with TIMEOUT and is not tried again."""


class Prompt:
    """One question while it waits. `key` is unique in its run, `place` the step and attempt that ask."""

    def __init__(self, key: str, asked: Question, place: dict[str, int]) -> None:
        self.key = key
        self.place = place
        self.question = asked
        self.answered = False
        self.value: Any = None

    def take(self, value: object) -> list[Wording]:
        """Take an answer, if it is one. Returns what is wrong with it."""
        problems = answer_problems(self.question, value)
        if not problems:
            self.answered, self.value = True, value
        return problems


class Desk(Protocol):
    """Where answers come in. `in_teardown`: nobody is waited for any more."""

    @property
    def in_teardown(self) -> bool: ...

    def wait_for(self, prompt: Prompt, timeout_s: float | None) -> bool:
        """Wait until it is answered; False: not within `timeout_s`, pauses not counted."""


class Prompts:
    """The prompts of one run, one after the other. `folder`: of the package, for their pictures."""

    def __init__(self, recorder: Recorder, desk: Desk, folder: Path) -> None:
        self._recorder = recorder
        self._desk = desk
        self._folder = folder
        self._count = 0

    def ask(self, asked: Question, image: str, timeout_s: float | None) -> Any:
        """Ask, and return the answer. Raises PromptTimeout; ValueError for a picture or a time that cannot be.

        A teardown must not wait for anybody: there it raises RuntimeError.
        """
        self._recorder.check_recording()
        if self._desk.in_teardown:
            raise RuntimeError("nobody is asked in a teardown, which must not wait for people: ask in a main step")
        if timeout_s is not None and not timeout_s > 0:
            raise ValueError(f"timeout_s is a positive number of seconds, not {timeout_s!r}")
        picture = _described(self._folder, image) if image else None
        self._count += 1
        place = {"step": self._recorder.step, "attempt": self._recorder.attempt}
        prompt = Prompt(f"p{self._count}", asked, place)
        told = {**place, "prompt": prompt.key}
        self._recorder.emit("prompt.asked", **told, **asked, image=picture, timeout_s=timeout_s)
        if not self._desk.wait_for(prompt, timeout_s):
            self._recorder.emit("prompt.closed", **told, why="timeout")
            raise PromptTimeout(f"nobody answered within {timeout_s:g} s: {asked['message']}")
        return prompt.value


def _described(folder: Path, name: str) -> dict[str, str]:
    """What the story says of a picture: enough to know later whether the package still holds the same."""
    picture = read_picture(folder, name)
    return {"file": name, "type": picture.type, "sha256": picture.sha256}
