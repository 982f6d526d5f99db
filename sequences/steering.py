"""Obeys people's wishes at boundaries: pause, resume, stop."""

from __future__ import annotations

import time

from sequences.deadlines import Deadlines
from sequences.host import Host
from sequences.interrupts import Stopped, demand, interruptible, shielded
from sequences.story import Story
from stations.contracts import Wish


class Steering:
    """Between the run and those who steer it. During teardown wishes have no effect, and say so."""

    def __init__(self, host: Host, story: Story, deadlines: Deadlines) -> None:
        self._host = host
        self._story = story
        self._deadlines = deadlines
        self.in_teardown = False

    @shielded
    def wait(self, seconds: float = 0.0) -> None:
        """Obey every wish that arrives within `seconds`, pauses not counted; 0: every wish that is there now.

        Raises the Interrupt that ends the wait, if one does.
        """
        end = time.monotonic() + seconds
        while True:
            wish = interruptible(self._host.receive_wish, max(0.0, end - time.monotonic()))
            if wish is not None:
                end += self._obey(wish)
            elif time.monotonic() >= end:
                return

    def _obey(self, wish: Wish) -> float:
        """Do as wished. Returns how long the run was paused, in seconds."""
        if self.in_teardown:
            self.answer(wish["control"], wish["word"])
        elif wish["word"] == "stop":
            raise demand(Stopped(wish["control"], wish["reason"]))
        elif wish["word"] == "pause":
            return self._pause(wish)
        else:
            self.answer(wish["control"], "resume", "the run is not paused")
        return 0.0

    def _pause(self, pause: Wish) -> float:
        self._deadlines.pause()
        self._story.emit("batch.paused", control=pause["control"], word="pause", message=pause["reason"])
        while True:
            wish = interruptible(self._host.receive_wish, None)
            if wish is None:
                continue
            if wish["word"] == "stop":
                raise demand(Stopped(wish["control"], wish["reason"]))
            if wish["word"] == "resume":
                self._story.emit("batch.resumed", control=wish["control"], word="resume", message=wish["reason"])
                return self._deadlines.resume()
            self.answer(wish["control"], "pause", "the run is paused")

    def answer(self, control: str, word: str, why: str = "the teardown is running") -> None:
        """Tell that a wish has no effect."""
        message = f"{word} has no effect: {why}"
        self._story.emit("control", control=control, word=word, message=message, obeyed=False)
