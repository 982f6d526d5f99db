"""Ids that grow with time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID


def first_id_at(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment: ids are as good as times, and the primary key finds them without an index."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)
