"""manage.py watch BATCH: tell the story of a batch, from its first line to its verdict."""

from __future__ import annotations

import signal
import sys
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.markup import escape

from control.lifecycle.refusals import NotFound
from control.management.awaited_signals import AwaitedSignals
from control.management.following import exit_code, follow, stop_watching
from control.management.refusing import refusing
from control.models import Batch


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # a station file that somebody is editing does not matter here
    help = "Tell the story of a batch, finished or running. Ctrl-C ends the watching, never the batch."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("batch", help="its id, or 'last' for the newest one")

    def handle(self, *args: Any, **options: Any) -> None:
        with refusing():
            batch = _find(options["batch"])
        console = Console(highlight=False)
        console.print(f"[bold]{escape(batch.name)}[/]  {batch.sequence} {batch.version}\n[dim]batch {batch.pk}[/]")
        with AwaitedSignals(signal.SIGINT) as ctrl_c:
            batch = follow(batch, console, ctrl_c, on_ctrl_c=stop_watching)
        sys.exit(exit_code(batch) if batch.ended_at else 0)


def _find(word: str) -> Batch:
    if word == "last":
        newest = Batch.objects.order_by("-pk").first()
        if newest is None:
            raise NotFound("There is no batch yet. Run one: manage.py run_batch board_test")
        return newest
    try:
        return Batch.objects.get(pk=UUID(word))
    except (ValueError, Batch.DoesNotExist):
        raise NotFound(f"There is no batch '{word}'. Give the id that run_batch printed, or 'last'.") from None
