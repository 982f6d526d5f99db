"""What lanes say of chunks and items becomes rows; after each try a chunk is settled, tried again, or split."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from control.journal.bulk import insert_rows
from control.lifecycle.chunks.files import files_of
from control.lifecycle.failures import fingerprint
from control.models import Chunk, ChunkedStep, ErrorLog, Item
from sequences.items.retrying import AFTER_LOSSES, Next, after_try

Line = Mapping[str, Any]
# More rows of one page tell nothing more: failures that are alike are counted anyway.
ERRORS_PER_PAGE = 20


def settle_items(batch_id: UUID, slot_id: str, lines: Iterable[Line]) -> None:
    """Write what lines of the kinds chunk.begun, item and chunk.ended say.

    Lines about a claim that is not the chunk's last one have no effect. Call inside a transaction that holds the
    batch's story.
    """
    for step, of_step in _by_step(lines).items():
        opened = ChunkedStep.objects.filter(batch=batch_id, step=step, over=False).first()
        if opened is None:
            continue
        numbers = {line["chunk"] for line in of_step}
        running = Chunk.objects.filter(chunked_step=opened, number__in=numbers, state=Chunk.State.RUNNING)
        chunks = {(chunk.number, chunk.token): chunk for chunk in running}
        valid = [line for line in of_step if (line["chunk"], line["token"]) in chunks]
        _write_begun(chunks, valid)
        _write_items(opened, slot_id, chunks, [line for line in valid if line["k"] == "item"])
        for line in valid:
            if line["k"] == "chunk.ended":
                _end_try(opened, slot_id, chunks.pop((line["chunk"], line["token"])), line)
        for chunk in chunks.values():  # still in work
            _count(opened, chunk)
            chunk.save(update_fields=["completed_items", "failed_items"])


def give_back(chunks: Iterable[Chunk], *, lost: bool) -> None:
    """Take chunks from a lane that is gone (`lost`), or leaves. Nothing it still says of them has an effect."""
    for chunk in chunks:
        begun = chunk.began_at is not None
        chunk.token += 1
        if lost and begun:
            line = {"failed": [], "lost": True, "ms": 0.0, "at": None}
            _end_try(chunk.chunked_step, chunk.slot_id or "", chunk, line)
        else:
            chunk.state = Chunk.State.PENDING
            chunk.save(update_fields=["token", "state"])


def cancel_chunks(batch_id: UUID, *, at: datetime) -> None:
    """A batch has ended: nothing is in work any more, and nothing will be."""
    open_ones = Chunk.objects.filter(chunked_step__batch=batch_id, state__in=[Chunk.State.PENDING, Chunk.State.RUNNING])
    open_ones.update(state=Chunk.State.CANCELLED, ended_at=at)
    ChunkedStep.objects.filter(batch=batch_id, over=False).update(over=True, ended_at=at)


def _by_step(lines: Iterable[Line]) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = {}
    for line in lines:
        found.setdefault(line["step"], []).append(line)
    return found


def _write_begun(chunks: Mapping[tuple[int, int], Chunk], lines: Iterable[Line]) -> None:
    for line in lines:
        if line["k"] == "chunk.begun":
            chunk = chunks[line["chunk"], line["token"]]
            chunk.began_at = _at(line)
            chunk.save(update_fields=["began_at"])


def _write_items(opened: ChunkedStep, slot_id: str, chunks: Mapping[tuple[int, int], Chunk], lines: list[Line]) -> None:
    rows = {line["index"]: _row(opened, slot_id, chunks[line["chunk"], line["token"]], line) for line in lines}
    insert_rows(Item, list(rows.values()), key=("batch", "step", "index"))


def _row(opened: ChunkedStep, slot_id: str, chunk: Chunk, line: Line) -> dict[str, Any]:
    return {
        "batch": opened.batch_id,
        "step": opened.step,
        "index": line["index"],
        "path": line.get("path") or "",
        "state": Item.State.COMPLETED if line["ok"] else Item.State.FAILED,
        "chunk": chunk.number,
        "slot": slot_id,
        "attempts": chunk.tries + 1,
        "duration_ms": line.get("ms"),
        "stage": line.get("stage") or "",
        "category": line.get("category") or "",
        "exception": (line.get("exception") or "")[:200],
        "message": line.get("message") or "",
        "result": line.get("result"),
        "files": line.get("files") or [],
        "at": _at(line),
    }


def _count(opened: ChunkedStep, chunk: Chunk) -> list[int]:
    """Take the chunk's figures from the rows, so that what was told twice counts once; return the items without one."""
    items = Item.objects.filter(batch=opened.batch_id, step=opened.step, index__in=chunk.items)
    settled = dict(items.values_list("index", "state"))
    chunk.failed_items = sum(state == Item.State.FAILED for state in settled.values())
    chunk.completed_items = len(settled) - chunk.failed_items
    return [index for index in chunk.items if index not in settled]


def _end_try(opened: ChunkedStep, slot_id: str, chunk: Chunk, line: Line) -> None:
    """A try at a chunk is over: judge it, and make of it what follows."""
    at = _at(line)
    left = _count(opened, chunk)
    judged = after_try(left, tries=chunk.tries, losses=chunk.losses, lost=line["lost"])
    chunk.busy_ms += line["ms"]
    failures = {failed["index"]: failed for failed in line["failed"]}
    if failures:
        chunk.message = next(iter(failures.values()))["message"]
    if judged.next is Next.GIVEN_UP:
        _fail(opened, slot_id, chunk, {index: failures.get(index, _lost(index, judged.losses)) for index in left}, at)
    chunk.tries, chunk.losses = judged.tries, judged.losses
    keeps_some = judged.next is Next.AGAIN
    if judged.next is Next.SPLIT:
        keeps_some = _split(opened, chunk, left)
    if keeps_some:
        chunk.state = Chunk.State.PENDING
    else:
        chunk.state = Chunk.State.FAILED if chunk.failed_items else Chunk.State.COMPLETED
        chunk.ended_at = at
    chunk.save()


def _split(opened: ChunkedStep, chunk: Chunk, left: list[int]) -> bool:
    """Each item that is left gets a chunk of its own; where none was done, the first one stays in this chunk: True."""
    none_done = len(left) == len(chunk.items)
    alone = left[1:] if none_done else left
    opened.refresh_from_db(fields=["next_number"])
    Chunk.objects.bulk_create(
        Chunk(
            chunked_step=opened,
            number=number,
            items=[index],
            tries=chunk.tries,
            losses=chunk.losses,
            split_from=chunk.number,
            message=chunk.message,
        )
        for number, index in enumerate(alone, opened.next_number)
    )
    opened.next_number += len(alone)
    opened.save(update_fields=["next_number"])
    gone = set(alone)
    chunk.items = [index for index in chunk.items if index not in gone]
    return none_done


def _fail(
    opened: ChunkedStep, slot_id: str, chunk: Chunk, failures: Mapping[int, Mapping[str, Any]], at: datetime
) -> None:
    """These items have failed for good."""
    paths = {index: file.path for index, file in files_of(opened.batch, list(failures)).items()}
    rows = [
        _row(opened, slot_id, chunk, {"path": paths.get(index), **failed, "ok": False, "at": at.timestamp()})
        for index, failed in failures.items()
    ]
    insert_rows(Item, rows, key=("batch", "step", "index"))
    chunk.failed_items += len(rows)
    ErrorLog.objects.bulk_create(
        ErrorLog(
            batch_id=opened.batch_id,
            step=opened.step,
            attempt=1,
            at=at,
            category=failed["category"],
            exception=failed["exception"],
            message=f"{paths.get(index, '')}: {failed['message']}",
            traceback=failed.get("traceback") or "",
            fingerprint=fingerprint(failed),
        )
        for index, failed in list(failures.items())[:ERRORS_PER_PAGE]
    )


def _lost(index: int, losses: int) -> dict[str, Any]:
    message = AFTER_LOSSES.format(losses=losses)
    return {"index": index, "category": "infrastructure", "exception": "LaneLost", "message": message}


def _at(line: Line) -> datetime:
    return datetime.fromtimestamp(line["at"], UTC) if line.get("at") else datetime.now(UTC)
