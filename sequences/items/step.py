"""A step over items, seen from the run: it serves chunks until none is left, and judges by what became of them."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any

from sequences.attachments import AttachmentFolder
from sequences.items.contracts import ItemsOver
from sequences.items.options import ItemsOptions
from sequences.items.results import KnownResults
from sequences.items.serving import ChunkServer
from sequences.items.working import ItemWork
from sequences.saved_values import SavedValues
from sequences.story import Story

if TYPE_CHECKING:
    from sequences.plan import Step
    from sequences.recorder import Recorder
    from sequences.run import Run


class ItemsStep:
    """Goes over items by way of `serve`, which waits for chunks and for people's wishes alike."""

    def __init__(
        self,
        serve: Callable[[ChunkServer], ItemsOver],
        story: Story,
        recorder: Recorder,
        *,
        options: ItemsOptions,
        saved: SavedValues,
        folder: AttachmentFolder,
        results: KnownResults,
    ) -> None:
        self._serve, self._story, self._recorder = serve, story, recorder
        self._options, self._saved, self._folder, self._results = options, saved, folder, results

    def go_over(self, step: Step, run: Run) -> None:
        """Raises the Interrupt that ends it, if one does, and SpoolFull."""

        def make_work() -> ItemWork:
            return ItemWork(
                lambda: _on_fresh_instance(step),
                parameters=copy(run.parameters),
                subject=run.subject,
                saved=self._saved.all(),
                folder=self._folder,
                max_pixels=self._options["max_pixels"],
            )

        timeout_s = step.item_timeout_s or self._options["timeout_s"]
        server = ChunkServer(step, self._story, make_work, timeout_s)
        message = f"step '{step.name}' goes over items"
        self._story.emit("items.begun", step=step.first, attempt=1, name=step.name, message=message)
        over = self._serve(server)
        if over.get("leave"):
            return
        self._results.add(step.name, over["results"])
        self._recorder.count({"input_count": over["total"], "output_count": over["completed"]})
        if over["failed"] > self._options["max_failed_items"]:
            self._recorder.fail(_failures(over, self._options["max_failed_items"]))


def _failures(over: ItemsOver, allowed: int) -> str:
    some = f", {allowed} may" if allowed else ""
    return f"{over['failed']} of {over['total']} items failed{some}"


def _on_fresh_instance(step: Step) -> Callable[..., Any]:
    """The author's function, on an instance that nothing else has touched: it must be the same on every lane."""
    method = step.method
    return getattr(type(method.__self__)(), method.__name__)  # type: ignore[attr-defined, no-any-return]
