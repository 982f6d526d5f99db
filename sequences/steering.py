"""Obeys wishes at boundaries: pause, resume, stop, skip, new settings, answers, commands by hand, the guard's limit."""

from __future__ import annotations

import time
from collections import deque
from typing import cast

from sequences.by_hand import ByHand, is_too_late
from sequences.deadlines import Deadlines
from sequences.host import Host, SpoolFull
from sequences.interrupts import (
    LimitExceeded,
    SkipRequested,
    demand,
    ending_for,
    hold_back,
    interruptible,
    remember,
    shielded,
)
from sequences.items.contracts import ChunkOrder, ItemsOver
from sequences.items.serving import ChunkServer
from sequences.live_settings import LiveSettings
from sequences.prompts import Prompt
from sequences.skips import Skips
from sequences.story import Story
from stations.contracts import Wish


class Steering:
    """Between the run and those who steer it. During teardown wishes have no effect, and say so."""

    def __init__(
        self,
        host: Host,
        story: Story,
        deadlines: Deadlines,
        skips: Skips,
        settings: LiveSettings,
        by_hand: ByHand,
    ) -> None:
        self._host = host
        self._story = story
        self._deadlines = deadlines
        self._settings = settings
        self._by_hand = by_hand
        self._prompt: Prompt | None = None  # that waits for its answer
        self._items: ChunkServer | None = None  # of the step over items that runs
        self._early: list[Wish] = []  # chunks for a step that has not begun yet
        self.skips = skips
        self._in_teardown = False
        self._holds = False  # during the teardown of a nested group
        self._held: deque[Wish] = deque()

    @property
    def in_teardown(self) -> bool:
        """Also in that of a nested group."""
        return self._in_teardown or self._holds

    def begin_last_teardown(self) -> None:
        """From now on nothing that people want has an effect."""
        self._in_teardown = True

    def begin_nested_teardown(self) -> None:
        """What people want meanwhile is obeyed afterwards."""
        self._holds = True

    def end_nested_teardown(self) -> None:
        self._holds = False

    @shielded
    def wait(self, seconds: float = 0.0) -> None:
        """Obey every wish that arrives within `seconds`, pauses not counted; 0: every wish that is there now.

        Raises the Interrupt that ends the wait, if one does.
        """
        end = time.monotonic() + seconds
        while True:
            self.skips.leave()
            wish = self._next(max(0.0, end - time.monotonic()))
            if wish is not None and self._holds:
                self._hold(wish)
            elif wish is not None:
                end += self._obey(wish)
            elif time.monotonic() >= end:
                return

    def _hold(self, wish: Wish) -> None:
        if wish["word"] in ("stop", "limit"):
            hold_back(ending_for(wish))
        else:
            self._held.append(wish)

    def end(self) -> None:
        """The run is over: tell of what came too late to be obeyed."""
        for wish in self._held:
            self.answer(wish["control"], wish["word"], "the run has ended")
        self._held.clear()

    def _next(self, timeout_s: float | None, other: int = -1) -> Wish | None:
        if self._held and not self._holds:
            return self._held.popleft()
        if other < 0:
            return interruptible(self._host.receive_wish, timeout_s)
        return interruptible(self._host.receive_wish, timeout_s, other)

    @shielded
    def wait_for(self, prompt: Prompt, timeout_s: float | None) -> bool:
        """Wait until a prompt is answered; meanwhile no clock of step and sequence runs, and every wish is obeyed.

        False: nobody answered within `timeout_s`, pauses not counted. Raises the Interrupt that ends the wait, if one
        does, and SpoolFull when the answer cannot be written down: then it does not hold.
        """
        self._prompt = prompt
        self._deadlines.pause()
        try:
            answered = self._await_answer(prompt, timeout_s)
        except (SkipRequested, SpoolFull):
            self._deadlines.resume()
            raise
        finally:
            self._prompt = None
        self._deadlines.resume()
        return answered

    def _await_answer(self, prompt: Prompt, timeout_s: float | None) -> bool:
        end = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            self.skips.leave()
            if prompt.answered:
                return True
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return False
            wish = self._next(left)
            if wish is not None:
                paused_s = self._obey(wish)
                end = None if end is None else end + paused_s

    def _obey(self, wish: Wish) -> float:
        """Do as wished. Returns how long the run was paused, in seconds."""
        if wish["word"] in ("chunk", "items-over"):
            self._take_items(wish)
        elif self._in_teardown:
            if wish["word"] == "limit":
                remember(LimitExceeded(wish["reason"]))
            self.answer(wish["control"], wish["word"])
        elif wish["word"] == "pause" and self._by_hand.by:
            self.answer(wish["control"], "pause", "the instruments are driven by hand")
        elif wish["word"] == "pause":
            return self._pause(wish)
        elif wish["word"] == "resume":
            self.answer(wish["control"], "resume", "the run is not paused")
        else:
            self._obey_anywhere(wish, "skip obeyed in step '%s'")
        return 0.0

    def _obey_anywhere(self, wish: Wish, leaving: str) -> None:
        """Do as wished, paused or not. `leaving`: what is told when the running step is to be skipped."""
        if wish["word"] == "skip":
            self._skip(wish, leaving)
        elif wish["word"] == "settings":
            self._change(wish)
        elif wish["word"] == "answer":
            self._take_answer(wish)
        elif wish["word"] == "command" and self._by_hand.by and is_too_late(wish):
            self.answer(wish["control"], "command", "it was given too long ago")
        elif wish["word"] == "command" and self._by_hand.by:
            self._by_hand.obey(wish)
        elif wish["word"] in ("command", "end", "take-over", "give-back"):
            self._obey_out_of_place(wish)
        elif wish["word"] in ("chunk", "items-over"):
            self._take_items(wish)
        else:
            raise demand(ending_for(wish))

    def _obey_out_of_place(self, wish: Wish) -> None:
        """What only a run that is driven by hand obeys, or one that is paused."""
        not_now = "the run is not paused" if wish["word"] == "take-over" else "nobody drives the instruments by hand"
        self.answer(wish["control"], wish["word"], not_now)

    @shielded
    def serve_by_hand(self, by: str, idle_limit_s: float) -> dict[str, object]:
        """Obey commands until somebody ends it, or nobody gave one for `idle_limit_s`; meanwhile no clock runs.

        Returns why it ended, and how many commands there were. Raises the Interrupt that ends it, if one does, and
        SpoolFull when no answer can be written down any more.
        """
        if self.in_teardown:
            raise RuntimeError("a teardown must not wait for people: drive instruments by hand in a main step")
        if not by or not idle_limit_s > 0:
            raise ValueError(f"say who drives, and for how many seconds nobody may: not {by!r} and {idle_limit_s!r}")
        self._deadlines.pause()
        self._by_hand.begin(by, "", idle_limit_s)
        why = "stopped"
        try:
            why = self._serve(idle_limit_s)
        except (SkipRequested, SpoolFull):
            self._deadlines.resume()
            raise
        finally:
            self._by_hand.end(why)
        self._deadlines.resume()
        return {"ended": why, "commands": self._by_hand.commands}

    def _serve(self, idle_limit_s: float) -> str:
        while self._by_hand.by:
            self.skips.leave()
            left_s = self._by_hand.commanded_at + idle_limit_s - time.monotonic()
            if left_s <= 0:
                return "idle"
            wish = self._next(min(left_s, self._by_hand.due_s() or 0.0))
            if wish is None:
                self._by_hand.read_on()
            elif wish["word"] == "end":
                self._by_hand.end("asked", wish["control"], wish.get("by", ""))
            else:
                self._obey(wish)
            if self._story.full is not None:
                raise self._story.full
        return "asked"

    @shielded
    def serve_items(self, items: ChunkServer) -> ItemsOver:
        """Work through the chunks that are handed out until none is left; return what was said then.

        Every wish is obeyed between two items. Raises the Interrupt that ends it, if one does, and SpoolFull.
        """
        self._items = items
        early, self._early = self._early, []
        for came_early in early:
            self._take_items(came_early)
        try:
            while items.over is None:
                self.skips.leave()
                wish = self._next(items.due_s(), items.fileno())
                if wish is not None:
                    items.was_paused(self._obey(wish))
                else:
                    items.turn()
                if self._story.full is not None:
                    raise self._story.full
            return items.over
        finally:
            self._items = None
            items.close()

    def _take_items(self, wish: Wish) -> None:
        """What comes before its step has begun is kept for it; what comes for a step that is over is nobody's."""
        if self._items is None:
            self._early.append(wish)
        elif wish["word"] == "chunk":
            self._items.take(cast(ChunkOrder, wish["chunk"]))
        else:
            self._items.end_with(cast(ItemsOver, wish["over"]))

    def _pause(self, pause: Wish) -> float:
        self._deadlines.pause()
        began = time.monotonic()
        self._story.emit("batch.paused", control=pause["control"], word="pause", message=pause["reason"])
        try:
            resume = self._stay_paused()
        finally:
            self._by_hand.end("stopped")
        self._story.emit("batch.resumed", control=resume["control"], word="resume", message=resume["reason"])
        self._deadlines.resume()
        return time.monotonic() - began

    def _stay_paused(self) -> Wish:
        """Obey what can be obeyed meanwhile, somebody's commands by hand among it. Returns the wish to go on."""
        while True:
            wish = self._next(self._by_hand.due_s())
            if wish is None:
                self._by_hand.read_on()
            elif wish["word"] == "resume" and not self._by_hand.by:
                return wish
            elif wish["word"] == "resume":
                self.answer(wish["control"], "resume", f"{self._by_hand.by} drives the instruments by hand")
            elif wish["word"] == "pause":
                self.answer(wish["control"], "pause", "the run is paused")
            elif wish["word"] == "take-over":
                self._take_over(wish)
            elif wish["word"] in ("give-back", "end") and self._by_hand.by:
                self._by_hand.end("given back", wish["control"], wish.get("by", ""))
            else:
                self._obey_anywhere(wish, "step '%s' will be skipped when the run goes on")

    def _take_over(self, wish: Wish) -> None:
        if self._by_hand.by:
            self.answer(wish["control"], "take-over", f"{self._by_hand.by} drives the instruments by hand")
        else:
            self._by_hand.begin(wish.get("by", ""), wish["control"], None)

    def _skip(self, wish: Wish, leaving: str) -> None:
        """Mark the step. The running one is left where this came from a boundary of it."""
        index = wish.get("step", -1)
        refusal = self.skips.refusal(index)
        if refusal is not None:
            self.answer(wish["control"], "skip", refusal)
            return
        told = leaving if self.skips.is_running(index) else "step '%s' will be skipped"
        self.skips.mark(wish)
        message = told % self.skips.name(index)
        self._story.emit("control", control=wish["control"], word="skip", step=index, message=message)

    def _change(self, wish: Wish) -> None:
        given = wish.get("settings", {})
        try:
            message = self._settings.change(given)
        except ValueError as problem:
            self.answer(wish["control"], "settings", str(problem))
        else:
            self._story.emit("control", control=wish["control"], word="settings", message=message, settings=given)
            if self._items is not None:
                self._items.renew()

    def _take_answer(self, wish: Wish) -> None:
        """The first good answer to the prompt that waits holds. While the run is paused it is kept."""
        prompt = self._prompt
        if prompt is None or wish.get("prompt") != prompt.key:
            self.answer(wish["control"], "answer", "the prompt is over")
            return
        if prompt.answered:
            self.answer(wish["control"], "answer", "the prompt is answered already")
            return
        value = wish.get("value")
        problems = prompt.take(value)
        if problems:
            self.answer(wish["control"], "answer", " ".join(map(str, problems)))
            return
        said = {"control": wish["control"], "prompt": prompt.key, "value": value, "by": wish.get("by", "")}
        self._host.emit("prompt.answered", **prompt.place, **said)

    def answer(self, control: str, word: str, why: str = "the teardown is running") -> None:
        """Tell that a wish has no effect."""
        message = f"{word} has no effect: {why}"
        self._story.emit("control", control=control, word=word, message=message, obeyed=False)
