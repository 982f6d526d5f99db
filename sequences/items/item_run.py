"""`run` as a step over items has it: what it may do for one item, in a process of its own."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable, Mapping
from typing import Any

from sequences.attachments import AttachmentFolder, check_media_type, check_name
from sequences.items.contracts import ItemFile
from sequences.recorder import LEVELS
from sequences.run import Parameters

RESULT_LIMIT = 16 * 1024  # characters of JSON
FILES_LIMIT = 20  # of one item

Tell = Callable[[dict[str, Any]], None]


class ItemRun:
    """One item's turn. `parameters` and `subject` are those of the batch.

    Nothing that an item leaves on `self` or here reaches another one: items run on several lanes, in any order.
    """

    def __init__(
        self, tell: Tell, parameters: Parameters, subject: str, saved: Mapping[str, Any], folder: AttachmentFolder
    ) -> None:
        self._tell = tell
        self._saved = saved
        self._folder = folder
        # Any: which attributes there are is the manifest's word.
        self.parameters: Any = parameters
        self.subject = subject
        self.reached = ""
        self.files: list[ItemFile] = []

    def log(self, message: object, level: str = "INFO") -> None:
        """Write a line into the story. Levels: DEBUG, INFO, WARNING, ERROR. Say little: there are many items."""
        if level not in LEVELS:
            raise ValueError(f"unknown level '{level}' (known: {', '.join(LEVELS)})")
        self._tell({"log": str(message), "level": level, "origin": "sequence"})

    def warn(self, message: object) -> None:
        """Write a line that somebody should look at."""
        self.log(message, level="WARNING")

    def stage(self, name: str) -> None:
        """Say what is done with the item from now on: shown with it, above all when it fails there."""
        self.reached = str(name)[:100]
        self._tell({"stage": self.reached})

    def saved(self, name: str, default: Any = None) -> Any:
        """What a step before this one has kept by `run.save`, else the default."""
        return self._saved.get(name, default)

    def keep(self, name: str, content: bytes, *, media_type: str = "") -> None:
        """Keep a file that was made from the item; it is listed with it. At most 20 of an item.

        Raises ValueError for a name that is none of a file or is kept already, and for what is no media type,
        LimitExceeded when the disk is full or the run keeps too much.
        """
        check_name(name)
        check_media_type(media_type)
        if any(file["name"] == name for file in self.files) or len(self.files) >= FILES_LIMIT:
            raise ValueError(f"'{name}' is kept already, or {FILES_LIMIT} files are")
        guessed = media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        sha256 = self._folder.keep(content)
        self.files.append(ItemFile(name=name, media_type=guessed, size=len(content), sha256=sha256))


def check_item_result(result: Any) -> None:
    """Raises TypeError or ValueError when what a step returned for an item cannot be kept."""
    try:
        size = len(json.dumps(result, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"the result of an item cannot be kept as JSON: {error}") from error
    if size > RESULT_LIMIT:
        raise ValueError(f"the result of an item is larger than {RESULT_LIMIT // 1024} KiB: keep it as a file")
