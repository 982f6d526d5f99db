"""The list of a dataset's files while it is read: sorted on disk, so that a million of them takes no memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from control.datasets.folders import Found

_PAGE = 1000
_TABLE = "CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER, modified_ns INTEGER, problem TEXT) WITHOUT ROWID"


class Listing:
    """Complete or not there: `made_of` writes it whole. Paths are in the order of their bytes."""

    def __init__(self, file: Path) -> None:
        """Raises OSError when it is not there."""
        if not file.is_file():
            raise FileNotFoundError(file)
        self._connection = sqlite3.connect(file)
        (self.total,) = self._connection.execute("SELECT COUNT(*) FROM files").fetchone()

    @classmethod
    def made_of(cls, found: Iterable[Found], file: Path) -> Listing:
        """Write a new list. What `found` raises is raised, and no list is there then."""
        draft = file.with_suffix(".draft")
        for left in (draft, file):
            left.unlink(missing_ok=True)
        connection = sqlite3.connect(draft, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(_TABLE)
            waiting = iter(found)
            while page := list(islice(waiting, _PAGE)):
                connection.execute("BEGIN")
                connection.executemany("INSERT OR IGNORE INTO files VALUES (?, ?, ?, ?)", page)
                connection.execute("COMMIT")
        finally:
            connection.close()
        draft.replace(file)
        return cls(file)

    def after(self, count: int) -> Iterator[Found]:
        """The files in order, without the first `count`."""
        first = self._connection.execute("SELECT path FROM files ORDER BY path LIMIT 1 OFFSET ?", [count]).fetchone()
        while first is not None:
            query = "SELECT path, size, modified_ns, problem FROM files WHERE path >= ? ORDER BY path LIMIT ?"
            rows = self._connection.execute(query, [first[0], _PAGE + 1]).fetchall()
            yield from (Found(*row) for row in rows[:_PAGE])
            first = rows[_PAGE] if len(rows) > _PAGE else None

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self._connection.close()
