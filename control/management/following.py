"""Following a batch to its end in the terminal. Ctrl-C asks it to stop, a second one is an emergency stop."""

from __future__ import annotations

from collections.abc import Callable

from django.db import Error, connection
from rich.console import Console

from control.history.queue import batches_ahead
from control.journal.bell import Listener
from control.journal.kinds import Kind, stream_of
from control.journal.read import read_after
from control.lifecycle.actor import Actor
from control.lifecycle.refusals import Refused
from control.lifecycle.safety.guards_said import after_stop
from control.lifecycle.slots.leases import holders_of
from control.lifecycle.steer import stop_batch
from control.management.awaited_signals import AwaitedSignals
from control.management.scopes import how_to_reset, slot_lines
from control.management.second_ctrl_c import SecondCtrlC
from control.management.terminal_story import TerminalStory
from control.models import Batch, Event
from control.states import State, StepOutcome

LOOK_EVERY_S = 0.5

_EXIT_CODES = {State.STOPPED: 4, State.ABORTED: 5, State.CRASHED: 6}


def exit_code(batch: Batch) -> int:
    """0 PASS, 1 FAIL, 3 ERROR or TIMEOUT, 4 STOPPED, 5 ABORTED, 6 CRASHED. (2 is a refusal: there is no batch.)"""
    by_outcome = {StepOutcome.FAIL: 1, StepOutcome.ERROR: 3, StepOutcome.TIMEOUT: 3}
    return _EXIT_CODES.get(State(batch.state), by_outcome.get(StepOutcome(batch.outcome), 0))


def follow(
    batch: Batch, console: Console, ctrl_c: AwaitedSignals, *, on_ctrl_c: Callable[[int, TerminalStory], bool]
) -> Batch:
    """Tell a batch's story until it has ended, and return it as it ended.

    `on_ctrl_c(times, story)` is called at each Ctrl-C; the following ends when it returns False.
    """
    name = stream_of(batch.pk)
    with Listener(name) as listener, TerminalStory(console, batch=str(batch.pk)) as story:
        _say_what_it_waits_for(batch, story)
        last, handled, over = 0, 0, False
        while not over:
            page = _read_patiently(name, last, story)
            for event in page:
                story.tell(event)
                last, over = event.seq, over or event.kind == Kind.BATCH_ENDED
            if ctrl_c.count > handled:
                handled = ctrl_c.count
                ctrl_c.take()
                if not on_ctrl_c(handled, story):
                    break
            elif not page:
                listener.wait(LOOK_EVERY_S, ctrl_c.fileno())
    batch.refresh_from_db()
    if over:
        story.verdict(batch)
    return batch


def _read_patiently(stream: str, after: int, story: TerminalStory) -> list[Event]:
    """The next events; none, and a word about it, while the database is away: the batch goes on meanwhile."""
    try:
        page = read_after(stream, after)
    except Error:
        connection.close()
        story.say_once("  The database does not answer. The batch goes on, its story follows.", "yellow")
        return []
    return page


def _say_what_it_waits_for(batch: Batch, story: TerminalStory) -> None:
    if batch.state != State.QUEUED:
        return
    if batch.slot is not None and (batch.slot.unsafe is not None or batch.slot.safe is False):
        how = "check its instruments, then clear it: manage.py reset"
        story.say(f"  waiting: {batch.slot_id} did not confirm its safe state; {how}", "bold red")
    elif batch.slot is not None and (holders := holders_of(batch.slot)):
        words = f"{holders[0].instrument}, which '{holders[0].name}' uses on {holders[0].slot}"
        story.say(f"  waiting for {words}", "yellow")
    elif ahead := batches_ahead(batch):
        story.say(f"  waiting for {batch.slot_id or 'a lane'}: number {ahead} in its queue", "yellow")


def stop_watching(times: int, story: TerminalStory) -> bool:
    """What Ctrl-C does for whoever follows a batch of somebody else."""
    story.say("  No longer watching. The batch goes on.", "yellow")
    return False


def follow_own(batch: Batch, console: Console, ctrl_c: AwaitedSignals, by: Actor) -> Batch:
    """Follow a batch for whoever started it: Ctrl-C asks it to stop, a second one is an emergency stop of its slot."""
    # Work for any lane has no slot yet: until it has one, only its whole station is sure to contain it.
    with SecondCtrlC(batch.slot_id or batch.station_id, by) as second:

        def react(times: int, story: TerminalStory) -> bool:
            if times == 1:
                _ask_to_stop(batch, by, story, second)
            elif (pressed := second.pressed()) is not None:
                for line in [*slot_lines(after_stop(pressed.answers)), how_to_reset(second.scope)]:
                    story.say(f"  {line}", "bold red")
                pressed.record()
            return True

        return follow(batch, console, ctrl_c, on_ctrl_c=react)


def _ask_to_stop(batch: Batch, by: Actor, story: TerminalStory, second: SecondCtrlC) -> None:
    story.say("  Stopping with teardown … Ctrl-C again for an emergency stop.", "yellow")
    try:
        stopping = stop_batch(batch.pk, by=by, reason="Ctrl-C")
        second.scope = stopping.slot_id or second.scope
    except (Refused, Error) as error:
        story.say(f"  {error}", "yellow")
