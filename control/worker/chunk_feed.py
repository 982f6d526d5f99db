"""Handing chunks to a run: one in work and one that waits, so that no lane is idle for want of news."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings

from control.datasets.access import Place, finder_of, is_reachable_here
from control.lifecycle.chunks.claim import claim_chunks, left_of
from control.lifecycle.chunks.files import datasets_of, files_of
from control.lifecycle.packages import content_of
from control.models import Batch, Chunk, ChunkedStep, Dataset, DatasetFile, Helper, Stream
from sequences.items.contracts import ChunkOrder, ItemOrder, ItemsOver
from stations.contracts import GuardStatus, Wish
from stations.models import Slot
from stations.safety import client

AHEAD = 2
LOOK_EVERY_S = 2.0  # for what others gave back, should no bell tell


def can_work_here(batch: Batch) -> bool:
    """Whether this host has the files of a batch, and what it runs."""
    return content_of(batch) is not None and all(is_reachable_here(dataset) for dataset in datasets_of(batch))


def release_given_up(slot_id: str, status: GuardStatus | None) -> None:
    """Let a lane go whose help was given up while it could not be heard: its run would wait for chunks for ever."""
    run = status["run"] if status is not None and not status["closing"] else None
    try:
        name = UUID(run or "")
    except ValueError:
        return  # that of a batch which was begun again, or none
    helper = Helper.objects.filter(pk=name, ended_at__isnull=False).select_related("chunked_step").first()
    if helper is not None:
        client.wish(settings.STATION_PATHS, slot_id, str(name), _over(leaving(helper.chunked_step, now=True)))


def leaving(opened: ChunkedStep, *, now: bool) -> ItemsOver:
    """That a lane shall leave a step once its chunk is done, or `now` its item."""
    return ItemsOver(step=opened.step, total=0, completed=0, failed=0, results="", leave=True, now=now)


def _over(over: ItemsOver) -> Wish:
    return Wish(word="items-over", control="", reason="", over=dict(over))


class ChunkFeed:
    """Feeds one run: that of a batch itself, or that of a helping lane. May die at any time: claims are rows.

    `run`: what its supervisor follows. `beat`: called while files are looked for, which may take long where they are
    far away.
    """

    def __init__(
        self,
        opened: ChunkedStep,
        batch: Batch,
        slot: Slot,
        run_name: str,
        run: Stream | Helper,
        beat: Callable[[], None],
    ) -> None:
        self.opened, self._batch, self._slot = opened, batch, slot
        self._run_name, self._run, self._beat = run_name, run, beat
        # What a supervisor before this one has claimed, and perhaps handed over: the run knows what it has.
        self._to_say: deque[Chunk | ItemsOver] = deque(self._running().order_by("number"))
        self._wish: Wish | None = None  # the first of that
        self._due_at = 0.0
        self.in_hand = 0

    @property
    def all_said(self) -> bool:
        """Whether the run has been told all there was to tell."""
        return not self._to_say

    def look(self) -> None:
        """Something has changed: claim what there is room for, at once."""
        self._due_at = 0.0

    def say(self, over: ItemsOver) -> None:
        """Tell the run that nothing more will come."""
        self._to_say.append(over)

    def turn(self, *, claims: bool = True) -> bool:
        """Claim and hand over. True when it looked, and nothing was there to be claimed."""
        dry = False
        if claims and time.monotonic() >= self._due_at:
            self._due_at = time.monotonic() + LOOK_EVERY_S
            self.in_hand = self._running().count()
            if self.in_hand < AHEAD:
                claimed = claim_chunks(self.opened, self._slot, self._run, AHEAD - self.in_hand)
                self._to_say.extend(claimed)
                self.in_hand += len(claimed)
                dry = not claimed
        self._deliver()
        return dry

    def _deliver(self) -> None:
        while self._to_say:
            if self._wish is None:
                first = self._to_say[0]
                self._wish = self._wish_of(first) if isinstance(first, Chunk) else _over(first)
            answer = client.wish(settings.STATION_PATHS, self._slot.pk, self._run_name, self._wish)
            if answer is None or answer.get("answer") != "delivered":
                return  # not begun yet, or busy: the next turn tries again
            self._to_say.popleft()
            self._wish = None

    def _running(self) -> Any:
        helper = self._run if isinstance(self._run, Helper) else None
        mine = Chunk.objects.filter(chunked_step=self.opened, state=Chunk.State.RUNNING, helper=helper)
        return mine.select_related("chunked_step")

    def _wish_of(self, chunk: Chunk) -> Wish:
        order = ChunkOrder(step=self.opened.step, chunk=chunk.number, token=chunk.token, items=self._orders(chunk))
        return Wish(word="chunk", control="", reason="", chunk=dict(order))

    def _orders(self, chunk: Chunk) -> list[ItemOrder]:
        datasets = {dataset.pk: dataset for dataset in datasets_of(self._batch)}
        find = {pk: _finder(dataset) for pk, dataset in datasets.items()}
        orders: list[ItemOrder] = []
        for index, file in sorted(files_of(self._batch, left_of(chunk)).items()):
            dataset = datasets[file.dataset_id]
            side = "dataset" if dataset.pk == self._batch.dataset_id and index == file.index else "target_dataset"
            order = ItemOrder(
                index=index,
                path=file.path,
                side=side,
                size=file.size,
                modified_ns=file.modified_ns,
                sha256=file.sha256,
                media_type=file.media_type,
                width=file.width,
                height=file.height,
            )
            orders.append({**order, **find[dataset.pk](file)})
            self._beat()
        return orders


def _finder(dataset: Dataset) -> Callable[[DatasetFile], dict[str, str]]:
    """A file that is not there is the item's failure, not that of its chunk."""
    finder: Callable[[DatasetFile], Place] | None = None

    def find(file: DatasetFile) -> dict[str, str]:
        nonlocal finder
        try:
            finder = finder or finder_of(dataset)
            return dict(finder(file))
        except OSError as error:
            return {"problem": str(error)}

    return find
