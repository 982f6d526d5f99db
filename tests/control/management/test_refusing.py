"""What a command says of a database that refuses it."""

from __future__ import annotations

import pytest
from django.core.management.base import CommandError
from django.db import connection, transaction

from control.management.refusing import refusing


@pytest.mark.django_db
def test_a_full_disk_needs_room_and_no_migration() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("a server's disk is not filled here")
    with connection.cursor() as cursor:
        (most,) = cursor.execute("PRAGMA max_page_count").fetchone()
        (pages,) = cursor.execute("PRAGMA page_count").fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        try:
            with pytest.raises(CommandError) as refused, refusing(), transaction.atomic():
                cursor.execute("CREATE TABLE more AS SELECT zeroblob(50000000)")
        finally:
            cursor.execute(f"PRAGMA max_page_count = {most}")
    assert str(refused.value) == (
        "The database does not answer: database or disk is full. Make room there; pruning needs some, too."
    )
