"""The items of a trial: chunks from folders of this host, handed to the run by its guard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from control.journal.kinds import Kind
from control.lifecycle.refusals import BadValue
from control.models import Event
from sequences.catalogue import Package
from sequences.items.feeding import Feed, Tally, found_items
from sequences.items.options import AUTOMATIC, DeclaredItems
from stations.contracts import Wish

OF_ITEMS = ("items.begun", "chunk.begun", "item", "chunk.ended")
LARGEST_CHUNK = 200  # items: all of them fit into one datagram
NO_FOLDER = "It goes over items: give it the folder with them by --items."

Deliver = Callable[[Wish], bool]


class ItemFeed:
    """Nothing here waits: whoever follows the run hands over its lines and delivers what is due."""

    def __init__(self, feed: Feed | None) -> None:
        """`feed`: None where nobody has named a folder."""
        self._feed = feed
        self._due: list[Wish] = []  # not delivered yet

    @property
    def tallies(self) -> dict[str, Tally]:
        return {} if self._feed is None else self._feed.tallies

    def take(self, line: dict[str, Any]) -> None:
        """Take a line of the story, whatever it is about."""
        if self._feed is not None:
            self._feed.take(line)
            while wish := self._feed.next_wish():
                self._due.append(wish)
        elif line["k"] == "items.begun":
            self._due.append(Wish(word="stop", control="", reason=NO_FOLDER))

    def deliver(self, deliver: Deliver) -> None:
        """Deliver what is due, in order; what does not arrive is delivered with the next call."""
        while self._due and deliver(self._due[0]):
            del self._due[0]


def opened_feed(
    package: Package, *, items: str, target_items: str, chunk_size: int | None, results: Path
) -> Feed | None:
    """What a trial is fed with. None without a folder. Raises BadValue for what cannot be."""
    if not items:
        if target_items or chunk_size is not None:
            raise BadValue("--target-items and --chunk-size are for a run with --items.")
        return None
    if chunk_size is not None and not 1 <= chunk_size <= LARGEST_CHUNK:
        raise BadValue(f"--chunk-size is a number from 1 to {LARGEST_CHUNK}, not {chunk_size}.")
    declared = package.manifest.items.chunk_size
    size = chunk_size or (DeclaredItems.chunk_size if declared == AUTOMATIC else declared)
    try:
        found = found_items(Path(items).expanduser(), Path(target_items).expanduser() if target_items else None)
    except OSError as error:
        raise BadValue(f"The items cannot be read: {error}.") from error
    return Feed(found, results=results, chunk_size=min(size, LARGEST_CHUNK))


def progress_event(tally: Tally, before: float, total_steps: int) -> Event:
    """How far a step over items is, as a terminal shows progress. `before`: that of the run when the step began."""
    message = f"{tally.settled:,} of {tally.total:,} items"
    if tally.failures:
        message += f", {len(tally.failures):,} failed"
    share = tally.settled / tally.total / total_steps if tally.total else 0.0
    return Event(kind=Kind.PROGRESS, message=message, level="INFO", data={"progress": before + share})
