"""manage.py read_dataset ID: list, hash and look at the files of a dataset. The housekeeping starts it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from control.lifecycle.datasets.reading import ReadElsewhere, read_dataset


class Command(BaseCommand):
    requires_system_checks: list[str] = []
    help = "List, hash and look at the files of a dataset that waits for it. The housekeeping of its station starts it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dataset", type=UUID)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            read_dataset(options["dataset"])
        except ReadElsewhere:
            raise CommandError("Another process reads it.") from None
