"""manage.py run_batch SEQUENCE: submit a batch and follow it to its verdict."""

from __future__ import annotations

import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timesince import timesince
from rich.console import Console
from rich.markup import escape

from control.lifecycle.packages import find_package
from control.lifecycle.refusals import BadValue
from control.lifecycle.submit import Answer, Order, submit_once
from control.management.awaited_signals import AwaitedSignals
from control.management.following import exit_code, follow, follow_own, stop_watching
from control.management.refusing import REFUSED, person_at_the_keyboard, refusing
from control.models import Batch
from sequences.items.options import AUTO, AUTOMATIC
from sequences.parameters import ParameterError, parse_parameter_texts
from stations.health import station_answers
from stations.models import Slot, Station


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # a station file that somebody is editing does not matter here
    help = (
        "Submit a batch and follow it, or the one that does the same. Ctrl-C asks it to stop, twice is an emergency "
        "stop. "
        "Exit code: 0 PASS, 1 FAIL, 2 refused, 3 ERROR or TIMEOUT, 4 STOPPED, 5 ABORTED, 6 CRASHED."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sequence", help="for example board_test")
        parser.add_argument("--slot", help="station/slot, for example demo/slot-1; default: the first free fitting one")
        parser.add_argument("--subject", default="", help="what the batch is about, for example a serial number")
        parser.add_argument("--name", default="", help="default: the sequence's title, and the subject or the datasets")
        parser.add_argument("--priority", default="NORMAL", type=str.upper, choices=Batch.Priority.names)
        parser.add_argument("--no-wait", action="store_true", help="refuse instead of queueing when the slot is busy")
        parser.add_argument("--dataset", help="what the batch works on: id, or a name that no other one has")
        parser.add_argument("--target-dataset", help="what that is compared with")
        parser.add_argument("--chunk-size", type=_chunk_size, help="items that are worked on together, or auto")
        parser.add_argument("--item-timeout", type=float, metavar="SECONDS", help="of one item")
        parser.add_argument("--lanes", type=int, help="at most so many lanes work on it; default: as many as there are")
        parser.add_argument("--fresh", action="store_true", help="do it anew, although it has been done before")
        parser.add_argument(
            "-p", "--parameter", action="append", default=[], metavar="NAME=VALUE", help="may be given several times"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        by = person_at_the_keyboard()
        with AwaitedSignals(signal.SIGINT) as ctrl_c:
            with refusing():
                order = _order(options)
                _check_somebody_is_there(order)
                answer = submit_once(order, by=by, trigger=Batch.Trigger.MANUAL)
            console, batch = Console(highlight=False), answer.batch
            place = batch.slot_id or f"a lane of {batch.station_id}"
            console.print(f"[bold]{escape(batch.name)}[/]  {batch.sequence} {batch.version}  on {place}")
            console.print(f"[dim]batch {batch.pk}[/]")
            if answer.existing or answer.cached:
                console.print(f"[yellow]{_why_nothing_began(answer)}[/]")
                batch = follow(batch, console, ctrl_c, on_ctrl_c=stop_watching)
            else:
                batch = follow_own(batch, console, ctrl_c, by)
        sys.exit(exit_code(batch) if batch.ended_at else 0)


def _chunk_size(text: str) -> int:
    return AUTOMATIC if text == AUTO else int(text)


def _why_nothing_began(answer: Answer) -> str:
    if answer.existing:
        return "It does the same already: nothing new was started. Ctrl-C ends the watching, never the batch."
    return f"It has done the same {timesince(answer.batch.ended_at)} ago. To do it anew: --fresh"


def _order(options: dict[str, Any]) -> Order:
    package = find_package(options["sequence"])
    try:
        parameters = parse_parameter_texts(package.manifest.parameters, options["parameter"])
    except ParameterError as error:
        raise BadValue(str(error)) from error
    return Order(
        sequence=options["sequence"],
        slot=options["slot"],
        name=options["name"],
        subject=options["subject"],
        parameters=parameters,
        priority=Batch.Priority[options["priority"]],
        wait=not options["no_wait"],
        dataset=options["dataset"],
        target_dataset=options["target_dataset"],
        chunk_size=options["chunk_size"],
        item_timeout_s=options["item_timeout"],
        lanes=options["lanes"],
        fresh=options["fresh"],
    )


def _check_somebody_is_there(order: Order) -> None:
    """A page lets a batch wait for its station; whoever sits at a terminal wants to know at once."""
    slot = Slot.objects.filter(pk=order.slot).select_related("station").first()
    if order.slot is not None and slot is None:
        return  # submit names the slots there are
    stations = [slot.station] if slot is not None else list(Station.objects.all())
    if not any(station_answers(station, settings.STATION_PATHS) for station in stations):
        raise CommandError(
            "No station is running that could take this. Start one in another terminal: "
            "manage.py serve_station --with-bench",
            returncode=REFUSED,
        )
