"""The file with what became of every item of a step, a line of JSON for each, in order: read as it is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sequences.items.contracts import Side


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of one item. `result` is what the step returned for it, None of one that failed, which has `error`.

    `thumbnail`: a small picture, at most 160 pixels high and wide, where there is one.
    """

    index: int
    path: str
    side: Side
    size: int  # bytes
    sha256: str
    media_type: str
    width: int | None  # pixels
    height: int | None
    ok: bool
    result: Any = None
    error: str = ""
    thumbnail: Path | None = None


def write_line(found: Mapping[str, Any]) -> str:
    """One item as a line of the file. `thumbnail` as a text or None."""
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")) + "\n"


def read_results(file: Path) -> Iterator[ItemResult]:
    """Yield the items of a file. Raises OSError when it cannot be read."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            fields = json.loads(line)
            thumbnail = fields.pop("thumbnail", None)
            yield ItemResult(**fields, thumbnail=Path(thumbnail) if thumbnail else None)


class KnownResults:
    """The files with the results of steps over items, by the step's name."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = dict(files)

    def add(self, step: str, file: str) -> None:
        self._files[step] = file

    def read(self, step: str) -> Iterator[ItemResult]:
        """Raises ValueError for a step that has none."""
        if step not in self._files:
            known = ", ".join(sorted(self._files)) or "none"
            raise ValueError(f"no step over items named '{step}' has ended before this one (ended: {known})")
        return read_results(Path(self._files[step]))
