"""Following a spool into the database: page by page, each exactly once, fenced by the stream's generation."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from control.journal.append import Fenced
from control.journal.kinds import Kind
from control.lifecycle.actor import LONGEST_REASON, SYSTEM
from control.lifecycle.chunks.carry import carry_items_over
from control.lifecycle.steer import stop_batch
from control.models import ChunkedStep, Step, Stream
from control.states import StepState
from control.worker.page_writing import write_page
from control.worker.prompt_import import PromptLines, waiting_prompts
from control.worker.spool import PAGE, Spool, parse
from control.worker.spool_import import Line, Page, Row, StepKey

log = logging.getLogger(__name__)

# Not the fault of what a line holds: tried again as a whole. Whatever else goes wrong must not stop the story.
TRY_AGAIN = (Fenced, OperationalError, InterfaceError, OSError)
_ALL = object()


class SpoolFollower(ABC):
    """Reads a spool page by page. What a page comes to, and how its import is fenced, its subclasses know."""

    def __init__(self, run_name: str, offset: int, batch_id: UUID) -> None:
        self.spool = Spool(settings.STATION_PATHS.spool(run_name))
        self.offset = offset  # bytes that are in the database
        self.batch_id = batch_id
        self.over = False  # nothing more to do: the run has ended, or is somebody else's
        self.lost = False  # somebody else's
        self.behind = False  # the last page was full: there is more
        self.chunks_ended = 0
        # What is in the database may differ from what is remembered here.
        self.doubtful = False

    def close(self) -> None:
        self.spool.close()

    @abstractmethod
    def resynchronise(self) -> bool:
        """Read the database again: a commit may have arrived unanswered. False when the run is somebody else's."""

    @abstractmethod
    def write(self, lines: Sequence[Line], offset: int) -> None:
        """Write lines that end at `offset` in one transaction. Raises Fenced, and then nothing is written."""

    def is_ready(self, lines: Sequence[Line]) -> bool:
        """Whether lines can be written now. False: some of what has to come before them was done, and more is to do."""
        return True

    @abstractmethod
    def move(self, offset: int) -> bool:
        """Go on at another place of the spool. False when the run is somebody else's."""

    def import_page(self) -> bool:
        """Bring the next lines into the database; False when there are none. Raises Fenced or a database error."""
        text = self.spool.read(self.offset)
        if not text:
            return self._skip_what_power_loss_ate()
        lines = list(parse(text))
        try:
            if not self.is_ready(lines):
                self.behind = True
                return True
            self.write(lines, self.offset + len(text))
        except TRY_AGAIN:
            raise
        except Exception:
            log.exception(
                "a page of the spool is refused, importing it line by line", extra={"batch": str(self.batch_id)}
            )
            self._write_one_by_one(text)
        else:
            self.offset += len(text)
        self.behind = len(text) > PAGE // 2
        return True

    def _write_one_by_one(self, text: bytes) -> None:
        offset = self.offset
        for raw in text.splitlines(keepends=True):
            offset += len(raw)
            for line in parse(raw):
                try:
                    self.write([line], offset)
                except TRY_AGAIN:
                    raise
                except Exception as error:
                    self.write_refused(line, error, offset)
            self.offset = offset

    def write_refused(self, line: Line, error: Exception, offset: int) -> None:
        """Write down that a line which ends at `offset` cannot be stored."""
        self.write([_refused(line, error)], offset)

    def _skip_what_power_loss_ate(self) -> bool:
        found = self.spool.after_power_loss(self.offset)
        if found == self.offset:
            return False
        if not self.move(found):
            raise Fenced(str(self.batch_id))
        self.offset = found
        return True


class BatchFollower(SpoolFollower):
    """The spool of a batch's own run: its story."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream.batch.run_name, stream.spool_offset, stream.batch_id)
        self.stream = stream
        self.batch = stream.batch
        self.running: dict[StepKey, Row] = {}
        self.waiting: dict[str, StepKey] = {}  # prompts
        self.goes_over_items = False
        self.carrying: dict[int, Iterator[None]] = {}  # by the step over items that takes over what was done before
        self.doubtful = stream.generation > 1  # not straight after the first claim

    def resynchronise(self) -> bool:
        found = Stream.objects.get(pk=self.stream.pk)
        if found.generation != self.stream.generation:
            self.over = self.lost = True
            return False
        self.stream.spool_offset = self.offset = found.spool_offset
        running = Step.objects.filter(batch=self.batch, state=StepState.RUNNING)
        self.running = {
            (row["index"], row["attempt"]): row for row in running.values("id", "index", "attempt", "started_at")
        }
        self.waiting = waiting_prompts(self.batch)
        self.carrying = {}
        steps = [index for index, _ in self.running]
        self.goes_over_items = ChunkedStep.objects.filter(batch=self.batch, step__in=steps).exists()
        self.doubtful = False
        return True

    def is_ready(self, lines: Sequence[Line]) -> bool:
        """A step over items begins once it has taken over what was done before, a page at a time: these may be many
        items, and meanwhile nobody else may have to wait, nor this supervisor be taken for dead.
        """
        for line in lines:
            if line["k"] == Kind.ITEMS_BEGUN:
                step = line["step"]
                begun = self.carrying.setdefault(step, carry_items_over(self.stream, step, line["name"]))
                if next(begun, _ALL) is not _ALL:
                    return False
        return True

    def write(self, lines: Sequence[Line], offset: int) -> None:
        page = Page(self.batch, dict(self.running), PromptLines(dict(self.waiting)))
        for line in lines:
            page.take(line)
        write_page(page, self.stream, offset)
        self.stream.spool_offset, self.running, self.waiting = offset, page.running, page.prompts.waiting
        self.over = page.end is not None
        self.goes_over_items |= bool(page.over_items)
        self.chunks_ended += sum(line["k"] == Kind.CHUNK_ENDED for line in page.of_items)

    def write_refused(self, line: Line, error: Exception, offset: int) -> None:
        """Of a step that cannot begin to go over its items, the run waits for chunks that never come: it is stopped."""
        with transaction.atomic():
            super().write_refused(line, error, offset)
            if line["k"] == Kind.ITEMS_BEGUN:
                reason = f"its step over items could not begin ({type(error).__name__}): {line.get('name')}"
                stop_batch(self.batch_id, by=SYSTEM, reason=reason[:LONGEST_REASON])

    def move(self, offset: int) -> bool:
        mine = Stream.objects.filter(pk=self.stream.pk, generation=self.stream.generation, spool_offset=self.offset)
        self.stream.spool_offset = offset
        return bool(mine.update(spool_offset=offset))


def _refused(line: Line, error: Exception) -> Line:
    """What stands in the story for a line that cannot be stored. An end stays an end."""
    note = {
        "at": line.get("at"),
        "level": "ERROR",
        "message": f"a line of kind {line['k']} could not be stored: {error}",
    }
    if line["k"] == "batch.ended" and isinstance(line.get("why"), str):
        return {**note, "k": "batch.ended", "why": line["why"], "verdict": None}
    return {**note, "k": Kind.LOG if line["k"] == Kind.ITEMS_BEGUN else Kind.TORN}
