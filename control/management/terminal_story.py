"""A batch's story in the terminal: finished lines stay, the running step moves in the last line."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from control.journal import overflow
from control.journal.kinds import Kind
from control.management.terminal_words import counted, duration_text, marked, value_text, visible
from control.metrics.disk import size_text
from control.models import Batch, Event
from control.states import State, StepOutcome
from sequences.limit_words import limits_text
from sequences.limits import word_of

_LOUD = {"WARNING": "yellow", "ERROR": "bold red"}


# So many lines of the running step are shown while it runs; all of them are printed when it has ended.
_SHOWN_LINES = 8


class TerminalStory:
    """Prints events of one batch in their order. Use as a context manager, so that the terminal is left tidy."""

    def __init__(self, console: Console, *, batch: str = "", verbose: bool = False) -> None:
        """`batch`: its id, to tell where a prompt is answered."""
        self._console = console
        self._batch = batch
        self._verbose = verbose
        self._live = Live(console=console, refresh_per_second=8, transient=True)
        self._step = ""  # the running one
        self._lines: list[Text] = []  # what it has told so far: printed below its own line, when it has ended
        self._doing = ""  # the message of its progress
        self._unit = ""  # of the answer that it waits for
        self._progress = 0.0  # of the batch
        self._said_once = False
        self.measurements = 0
        self.steps = 0

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._close_step()
        self._live.stop()

    def say(self, text: str, style: str = "") -> None:
        """The terminal's own words, at once: an answer to somebody's key must not wait for the end of a step."""
        self._write(Text(text, style=style))

    def _line(self, text: str, style: str = "") -> None:
        self._print(Text(text, style=style))

    def say_once(self, text: str, style: str = "") -> None:
        """Say something that would be said again and again, once until the story goes on."""
        if not self._said_once:
            self.say(text, style)
        self._said_once = True

    def tell(self, event: Event) -> None:
        self._said_once = False
        data = overflow.full_data(event)
        teller = _TELLERS.get(Kind(event.kind) if event.kind in set(Kind) else Kind.LOG)
        if teller is not None:
            teller(self, event, data)
        self._live.update(self._running_step())

    def _print(self, line: Text) -> None:
        if self._step:
            line.plain = visible(line.plain)
            self._lines.append(line)
        else:
            self._write(line)

    def _write(self, line: Text) -> None:
        line.plain = visible(line.plain)
        # A pipe has no width: what is written there is not broken into lines of 80.
        self._console.print(line, highlight=False, soft_wrap=not self._console.is_terminal)

    def _running_step(self) -> RenderableType:
        if not self._step:
            return ""
        row = Table.grid(padding=(0, 1))
        row.add_row(
            Spinner("dots", style="cyan"),
            Text(visible(self._step), style="bold"),
            ProgressBar(total=1.0, completed=self._progress, width=24),
            Text(f"{100 * self._progress:.0f} %"),
            Text(visible(self._doing), style="dim"),
        )
        return Group(row, *self._lines[-_SHOWN_LINES:])

    def queued(self, event: Event, data: dict[str, Any]) -> None:
        self._line(f"  {event.message}", "dim")

    def started(self, event: Event, data: dict[str, Any]) -> None:
        self._line(f"  started, {counted(data['total_steps'], 'step')}", "dim")
        for role, driver in sorted(data.get("drivers", {}).items()):
            self._line(f"  {role}: {driver.get('name', '')} at {driver.get('resource', '')}", "dim")

    def step_started(self, event: Event, data: dict[str, Any]) -> None:
        again = f" (attempt {data['attempt']})" if data["attempt"] > 1 else ""
        self._step, self._doing = f"{data['name']}{again}", ""

    def step_ended(self, event: Event, data: dict[str, Any]) -> None:
        told, self._lines, self._step = self._lines, [], ""
        self._progress = data["progress"]
        self.steps += 1
        outcome = StepOutcome(data["outcome"])
        mark, style = marked(outcome, marginal=data.get("marginal", False))
        took = "" if outcome == StepOutcome.SKIPPED else f"{duration_text(data['duration_ms']):>9}"
        attempt = f" (attempt {data['attempt']})" if data["attempt"] > 1 or data.get("retrying") else ""
        note = f"   {event.message}" if event.message else ""
        self._print(Text.assemble((f"{mark} ", style), (f"{data['name'] + attempt:<34}", "bold"), took, (note, style)))
        for line in told:
            self._print(line)

    def measured(self, event: Event, data: dict[str, Any]) -> None:
        self.measurements += 1
        mark, style = marked(StepOutcome(data["outcome"]), marginal=data.get("marginal", False))
        value = value_text(data["type"], data["value"], data.get("unit", ""))
        limits = limits_text(data.get("limits"), data.get("unit", ""))
        self._print(
            Text.assemble(
                f"    {data['name']:<28}", (f"{value:>16}", style), (f"  {mark}", style), (f"  {limits}", "dim")
            )
        )

    def attached(self, event: Event, data: dict[str, Any]) -> None:
        self._line(f"    {data['name']:<28}{size_text(data['size']):>16}", "dim")

    def logged(self, event: Event, data: dict[str, Any]) -> None:
        if event.level == "DEBUG" and not self._verbose:
            return
        self._line(f"    {event.message}", _LOUD.get(event.level, "dim"))

    def progressed(self, event: Event, data: dict[str, Any]) -> None:
        self._progress = data["progress"]
        self._doing = event.message

    def asked(self, event: Event, data: dict[str, Any]) -> None:
        """At once: whoever sits here may be the one who has to answer."""
        self._write(Text(f"? {event.message}", style="bold yellow"))
        self._unit = data.get("unit") or ""
        if not self._batch:  # a trial, which asks by itself
            return
        said = f'as {{"prompt": "{data["prompt"]}", "value": …}} to /api/control/batches/{self._batch}/answer/'
        self._write(Text(f"  To be answered at /control/batches/{self._batch}/, or {said}", style="yellow"))

    def answered(self, event: Event, data: dict[str, Any]) -> None:
        self._line(f"    {data['by']} answered: {word_of(data['value'])} {self._unit}".rstrip(), "cyan")

    def unanswered(self, event: Event, data: dict[str, Any]) -> None:
        self._line("    nobody answered in time", "yellow")

    def obeyed_hand(self, event: Event, data: dict[str, Any]) -> None:
        said = data["error"] or data["text"] or f"{word_of(data['value'])} {data['unit']}".rstrip()
        what = " ".join(filter(None, [data["instrument"], data["command"]]))
        self._line(f"    {what}: {said}", "yellow" if data["error"] else "dim")

    def failed(self, event: Event, data: dict[str, Any]) -> None:
        if event.step is None:  # that of a step stands in the step's own line
            self._line(f"    {data['exception']}: {event.message}", "red")
        if self._verbose and data.get("traceback"):
            self._line(data["traceback"], "dim")

    def noted(self, event: Event, data: dict[str, Any]) -> None:
        if event.message:
            self._line(f"  {event.message}", _LOUD.get(event.level, "cyan"))

    def climbed(self, event: Event, data: dict[str, Any]) -> None:
        self._line(f"  guard: {data['rung']} ({data.get('why', '')})", "yellow")

    def made_safe(self, event: Event, data: dict[str, Any]) -> None:
        if not data["instruments"]:
            return
        if data["confirmed"]:
            # Sorted, because PostgreSQL keeps the keys of an object in an order of its own.
            self._line("  safe state confirmed: " + ", ".join(sorted(data["instruments"])), "dim")
            return
        for name, proof in data["instruments"].items():
            if not proof["confirmed"]:
                self._line(f"  SAFE STATE NOT CONFIRMED: {name}: {proof['error']}", "bold red")

    def ended(self, event: Event, data: dict[str, Any]) -> None:
        self._close_step()

    def _close_step(self) -> None:
        """Print a step that was cut short, and everything that was told while it seemed to run."""
        if not self._step:
            return
        told, self._lines, cut_short, self._step = self._lines, [], self._step, ""
        self.steps += 1
        self._print(Text.assemble(("· ", "yellow"), (f"{cut_short:<34}", "bold"), ("cut short", "yellow")))
        for line in told:
            self._print(line)

    def verdict(self, batch: Batch) -> None:
        """The last lines: what became of it, in one colour."""
        shown = batch.outcome if batch.outcome != StepOutcome.NONE else batch.state
        _, style = marked(StepOutcome(batch.outcome), marginal=batch.marginal)
        took = (batch.ended_at - (batch.started_at or batch.created_at)).total_seconds() if batch.ended_at else 0.0
        self._console.print()
        sums = f"{counted(self.steps, 'step')}, {counted(self.measurements, 'measurement')}, {took:.1f} s"
        marginal = " (marginal)" if batch.marginal else ""
        self._console.print(f"[{style} bold]{shown}{marginal}[/]  {sums}", highlight=False)
        if batch.message and batch.outcome != StepOutcome.PASS:
            self._console.print(escape(visible(batch.message)), style=style, highlight=False)
        if batch.state not in (State.COMPLETED, State.STOPPED):
            self._console.print(f"state {batch.state}", style="dim", highlight=False)


_TELLERS = {
    Kind.BATCH_QUEUED: TerminalStory.queued,
    Kind.BATCH_STARTED: TerminalStory.started,
    Kind.STEP_STARTED: TerminalStory.step_started,
    Kind.STEP_ENDED: TerminalStory.step_ended,
    Kind.MEASUREMENT: TerminalStory.measured,
    Kind.ATTACHMENT: TerminalStory.attached,
    Kind.LOG: TerminalStory.logged,
    Kind.PROGRESS: TerminalStory.progressed,
    Kind.PROMPT_ASKED: TerminalStory.asked,
    Kind.PROMPT_ANSWERED: TerminalStory.answered,
    Kind.PROMPT_CLOSED: TerminalStory.unanswered,
    Kind.MANUAL_BEGUN: TerminalStory.noted,
    Kind.MANUAL_ANSWERED: TerminalStory.obeyed_hand,
    Kind.MANUAL_ENDED: TerminalStory.noted,
    Kind.ERROR: TerminalStory.failed,
    Kind.CONTROL: TerminalStory.noted,
    Kind.BATCH_PAUSED: TerminalStory.noted,
    Kind.BATCH_RESUMED: TerminalStory.noted,
    Kind.LADDER: TerminalStory.climbed,
    Kind.SAFE_STATE: TerminalStory.made_safe,
    Kind.TORN: TerminalStory.noted,
    Kind.BATCH_ENDED: TerminalStory.ended,
}
