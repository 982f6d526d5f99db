"""What a run is told of chunks and items, and what it tells of them: data only, for both sides."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

Side = Literal["dataset", "target_dataset"]


class ItemOrder(TypedDict):
    """One item to work on."""

    index: int
    path: str  # within the dataset, with "/"
    side: Side
    size: int  # bytes
    modified_ns: int  # nanoseconds since the epoch; 0: nobody knows
    sha256: str
    media_type: str
    width: int | None  # pixels, of an image
    height: int | None
    file: NotRequired[str]  # where it lies on this host, or:
    url: NotRequired[str]  # from where it can be fetched, or:
    problem: NotRequired[str]  # why neither is known now


class ChunkOrder(TypedDict):
    """Some items, to be worked on one after the other. `token` is that of the claim: lines about it carry it."""

    step: int  # its place in the plan
    chunk: int
    token: int
    items: list[ItemOrder]


class ItemsOver(TypedDict):
    """Every item of a step is settled, or this lane shall leave (`leave`) once its chunk is done."""

    step: int
    total: int
    completed: int
    failed: int
    results: str  # the file with a line for each, see `sequences.items.results`
    leave: NotRequired[bool]
    now: NotRequired[bool]  # it leaves after the item that is in work


class ItemFile(TypedDict):
    """A file that an item has made. It lies among the attachments of the run, under its sha256."""

    name: str
    media_type: str
    size: int  # bytes
    sha256: str


class ItemEnded(TypedDict):
    """How one attempt at an item ended. `final`: trying again would change nothing."""

    index: int
    path: NotRequired[str]  # within its dataset; the runner adds it
    ok: bool
    final: bool
    ms: float
    stage: str  # how far it came
    result: NotRequired[Any]
    files: NotRequired[list[ItemFile]]
    category: NotRequired[str]
    exception: NotRequired[str]
    message: NotRequired[str]
    traceback: NotRequired[str]
