"""Following a spool into the database: page by page, each exactly once, fenced by the stream's generation."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.conf import settings
from django.db import InterfaceError, OperationalError

from control.journal.append import Fenced
from control.models import Step, Stream
from control.states import StepState
from control.worker.prompt_import import PromptLines, waiting_prompts
from control.worker.spool import PAGE, Spool, parse
from control.worker.spool_import import Line, Page, Row, StepKey, write_page

log = logging.getLogger(__name__)

# Not the fault of what a line holds: tried again as a whole. Whatever else goes wrong must not stop the story.
TRY_AGAIN = (Fenced, OperationalError, InterfaceError, OSError)


class SpoolFollower:
    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.batch = stream.batch
        self.spool = Spool(settings.STATION_PATHS.spool(str(stream.batch_id)))
        self.running: dict[StepKey, Row] = {}
        self.waiting: dict[str, StepKey] = {}  # prompts
        self.over = False  # nothing more to do: the batch has ended, or is somebody else's
        self.lost = False  # somebody else's
        self.behind = False  # the last page was full: there is more
        # What is in the database may differ from what is remembered here: not straight after the first claim.
        self.doubtful = stream.generation > 1

    def close(self) -> None:
        self.spool.close()

    def resynchronise(self) -> bool:
        """Read the stream's row again: a commit may have arrived unanswered. False when it is somebody else's."""
        found = Stream.objects.get(pk=self.stream.pk)
        if found.generation != self.stream.generation:
            self.over = self.lost = True
            return False
        self.stream.spool_offset = found.spool_offset
        running = Step.objects.filter(batch=self.batch, state=StepState.RUNNING)
        self.running = {
            (row["index"], row["attempt"]): row for row in running.values("id", "index", "attempt", "started_at")
        }
        self.waiting = waiting_prompts(self.batch)
        self.doubtful = False
        return True

    def import_page(self) -> bool:
        """Bring the next lines into the database; False when there are none. Raises Fenced or a database error."""
        offset = self.stream.spool_offset
        text = self.spool.read(offset)
        if not text:
            return self._skip_what_power_loss_ate(offset)
        lines = list(parse(text))
        try:
            self._write(lines, offset + len(text))
        except TRY_AGAIN:
            raise
        except Exception:
            log.exception(
                "a page of the spool is refused, importing it line by line", extra={"batch": str(self.batch.pk)}
            )
            self._write_one_by_one(text)
        self.behind = len(text) > PAGE // 2
        return True

    def _write(self, lines: Sequence[Line], offset: int) -> None:
        page = Page(self.batch, dict(self.running), PromptLines(dict(self.waiting)))
        for line in lines:
            page.take(line)
        write_page(page, self.stream, offset)
        self.stream.spool_offset, self.running, self.waiting = offset, page.running, page.prompts.waiting
        self.over = page.end is not None

    def _write_one_by_one(self, text: bytes) -> None:
        offset = self.stream.spool_offset
        for raw in text.splitlines(keepends=True):
            offset += len(raw)
            for line in parse(raw):
                try:
                    self._write([line], offset)
                except TRY_AGAIN:
                    raise
                except Exception as error:
                    self._write([_refused(line, error)], offset)

    def _skip_what_power_loss_ate(self, offset: int) -> bool:
        found = self.spool.after_power_loss(offset)
        if found == offset:
            return False
        mine = Stream.objects.filter(pk=self.stream.pk, generation=self.stream.generation, spool_offset=offset)
        if not mine.update(spool_offset=found):
            raise Fenced(self.stream.name)
        self.stream.spool_offset = found
        return True


def _refused(line: Line, error: Exception) -> Line:
    """What stands in the story for a line that cannot be stored. An end stays an end."""
    note = {
        "at": line.get("at"),
        "level": "ERROR",
        "message": f"a line of kind {line['k']} could not be stored: {error}",
    }
    if line["k"] == "batch.ended" and isinstance(line.get("why"), str):
        return {**note, "k": "batch.ended", "why": line["why"], "verdict": None}
    return {**note, "k": "torn"}
