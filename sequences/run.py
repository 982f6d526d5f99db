"""`run`: what a step has in its hands. It measures, logs, waits and reaches its instruments through it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn, Protocol

from sequences.attachments import Attachments
from sequences.interrupts import raise_wanted, shielded
from sequences.items.results import ItemResult, KnownResults
from sequences.prompts import Prompts
from sequences.questions import question
from sequences.recorder import Recorder
from sequences.saved_values import SavedValues


class StepExit(BaseException):
    """A step ends itself, by `run.fail` or `run.retry`. `except Exception` in the step does not catch it."""


class Wait(Protocol):
    def __call__(self, seconds: float = 0.0) -> None: ...


class ServeByHand(Protocol):
    def __call__(self, by: str, idle_limit_s: float) -> dict[str, object]: ...


class Parameters(SimpleNamespace):
    """The parameters of a run as attributes, in the units of the manifest."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"the manifest declares no parameter '{name}' (it declares: {_names(self)})")


class Instruments(SimpleNamespace):
    """The instruments of a run as attributes, by role."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"the manifest declares no instrument '{name}' (it declares: {_names(self)})")


def _names(namespace: SimpleNamespace) -> str:
    return ", ".join(sorted(vars(namespace))) or "none"


class Run:
    """One run of a sequence, as its steps see it. All methods belong to the thread that runs the step.

    `subject` is the serial number or name of what is tested. `index` counts the repetitions of a repeated step, from 0;
    `attempt` its tries, from 1. `outcomes` are those of the steps and groups so far, by name. `result` is the
    sequence's own result: anything that JSON can hold, up to 64 KiB.
    """

    def __init__(
        self,
        recorder: Recorder,
        wait: Wait,
        prompts: Prompts,
        *,
        subject: str,
        parameters: Parameters,
        instruments: Mapping[str, Any],
        saved: SavedValues,
        attachments: Attachments,
        serve_by_hand: ServeByHand,
        results: KnownResults,
    ) -> None:
        self._recorder = recorder
        self._wait = wait
        self._prompts = prompts
        self._saved = saved
        self._attachments = attachments
        self._serve_by_hand = serve_by_hand
        self._results = results
        self.subject = subject
        # Any: which attributes there are is the manifest's word, and the validator checks it.
        self.parameters: Any = parameters
        self.instruments: Any = Instruments(**instruments)
        self.result: Any = {}
        self.outcomes: Mapping[str, str] = {}
        self.index = 0
        self.attempt = 1

    @shielded
    def measure(self, name: str, value: Any, unit: str = "", **limits: Any) -> bool:
        """Record a number, text or boolean and judge it. Returns False if a limit failed.

        The limits are those of the manifest under this name unless some are given: minimum, maximum, equals, one_of,
        nominal with within_percent, pattern, marginal_minimum, marginal_maximum. Raises ValueError for a name recorded
        before in this attempt, an unknown unit or impossible limits, TypeError for any other kind of value.
        """
        passed = self._recorder.measure(name, value, unit, limits)
        raise_wanted()
        return passed

    @shielded
    def record_curve(self, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[float]]) -> None:
        """Record a table of numbers; `columns` maps each name to its unit. What is not finite is kept as empty."""
        self._recorder.record_curve(name, columns, rows)
        raise_wanted()

    @shielded
    def attach(self, name: str, content: bytes | str | Path, *, media_type: str = "") -> None:
        """Keep a file with the step, at most 20 MiB: bytes, a text, or the Path of a file, from the run's folder on.

        Without `media_type` the ending of the name tells what it is. Raises ValueError for a name that was attached
        before in this attempt or is none of a file, and for what is too large; OSError for what cannot be read.
        """
        self._attachments.attach(name, content, media_type)
        raise_wanted()

    @shielded
    def attach_image(self, name: str, image: Any) -> None:
        """Keep a picture with the step, which its page shows: as PNG, and its name gets this ending.

        `image`: bytes or the Path of a PNG, JPEG, WebP, GIF (its first picture) or BMP, a picture of Pillow, or an
        array of uint8 with the shape (height, width) or (height, width, 1, 3 or 4). At most 25 million pixels.
        Raises ValueError or TypeError for what is no such picture.
        """
        self._attachments.attach_image(name, image)
        raise_wanted()

    @shielded
    def log(self, message: object, level: str = "INFO") -> None:
        """Write a line into the story. Levels: DEBUG, INFO, WARNING, ERROR."""
        self._recorder.log(message, level)
        raise_wanted()

    def warn(self, message: object) -> None:
        """Write a line that somebody should look at."""
        self.log(message, level="WARNING")

    @shielded
    def save(self, name: str, value: Any) -> None:
        """Keep what a later run needs that goes on from this one: up to 16 KiB of JSON, 100 KiB under all names.

        What was saved last under a name counts. Raises TypeError or ValueError for what cannot be kept.
        """
        text = self._saved.encode(name, value)
        self._recorder.save(name, json.loads(text))
        self._saved.keep(name, text)
        raise_wanted()

    def saved(self, name: str, default: Any = None) -> Any:
        """What was saved last under a name, in this run or in the one it goes on from, else the default."""
        return self._saved.get(name, default)

    def items(self, step: str) -> Iterator[ItemResult]:
        """What became of each item in a step over items that has ended, in order, read from a file one by one.

        Raises ValueError for a step that has not ended, or goes over no items.
        """
        return self._results.read(step)

    @shielded
    def count(self, items_in: int | None = None, items_out: int | None = None) -> None:
        """Say how many items the step was given, and how many it gives on. Raises ValueError."""
        self._recorder.count({"input_count": items_in, "output_count": items_out})
        raise_wanted()

    @shielded
    def progress(self, done: float, total: float, message: str = "") -> None:
        """Tell how far the step is. Call it as often as you like: at most two lines a second are written."""
        self._recorder.progress(done, total, message)
        raise_wanted()

    @shielded
    def sleep(self, seconds: float) -> None:
        """Wait. A pause stops the clock, a stop ends it."""
        self._wait(seconds)

    @shielded
    def boundary(self) -> None:
        """A place where the run may be paused or stopped, this step skipped, or a live parameter changed."""
        self._wait()

    @shielded
    def ask_text(self, message: str, *, default: str = "", image: str = "", timeout_s: float | None = None) -> str:
        """Ask a person for a text of 1 to 1000 characters, and wait for it. `default`: what the field begins with.

        `image`: a picture of the package, by its relative path. Raises PromptTimeout when nobody has answered after
        `timeout_s`, pauses not counted; ValueError for a prompt that cannot be, RuntimeError in a teardown.
        """
        return str(self._prompts.ask(question("text", message, default=default), image, timeout_s))

    @shielded
    def ask_number(
        self,
        message: str,
        unit: str = "",
        minimum: float | None = None,
        maximum: float | None = None,
        *,
        default: float | None = None,
        image: str = "",
        timeout_s: float | None = None,
    ) -> float:
        """Ask a person for a number in a unit, within bounds that count as inside. The rest as with `ask_text`."""
        asked = question("number", message, unit=unit, minimum=minimum, maximum=maximum, default=default)
        return float(self._prompts.ask(asked, image, timeout_s))

    @shielded
    def ask_choice(
        self, message: str, choices: Sequence[str], *, image: str = "", timeout_s: float | None = None
    ) -> str:
        """Ask a person for one of 2 to 20 texts. The rest as with `ask_text`."""
        return str(self._prompts.ask(question("choice", message, choices=choices), image, timeout_s))

    @shielded
    def confirm(self, message: str, *, image: str = "", timeout_s: float | None = None) -> bool:
        """Ask a person for a yes or a no. The rest as with `ask_text`."""
        return bool(self._prompts.ask(question("confirm", message), image, timeout_s))

    @shielded
    def serve_by_hand(self, by: str, idle_limit_s: float) -> dict[str, object]:
        """Give the instruments of the slot into people's hands, who command them from its page or over the API.

        All of the slot's instruments, whatever the manifest declares. `by`: who has asked for it. It ends when somebody
        ends it, or when nobody has given a command for `idle_limit_s`; clocks of step and sequence stand still.
        Returns {"ended": "asked" or "idle", "commands": how many}. Raises RuntimeError in a teardown, and ValueError
        without a name or a limit.
        """
        return self._serve_by_hand(by, idle_limit_s)

    def retry(self, reason: str) -> NoReturn:
        """End this attempt and ask for another. Without attempts left the step fails."""
        self.fail(reason)

    def fail(self, reason: str) -> NoReturn:
        """End this attempt: the subject is bad. With attempts left the step is tried again."""
        try:
            text = str(reason)
        except Exception as mistake:
            text = f"the reason cannot be told: {type(mistake).__name__}"
        self._recorder.fail(text)
        raise StepExit(text)
