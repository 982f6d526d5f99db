"""manage.py try_sequence NAME|PATH: run a sequence here and now, without station and database."""

from __future__ import annotations

import json
import signal
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.markup import escape

from control.management.awaited_signals import AwaitedSignals
from control.management.following import exit_code
from control.management.refusing import REFUSED, refusing
from control.management.terminal_story import TerminalStory
from control.management.trying.answering import Answers
from control.management.trying.choice import chosen_package, chosen_parameters
from control.management.trying.item_feed import ItemFeed, opened_feed
from control.management.trying.places import Place, opened_place
from control.management.trying.report import as_json, show_failed_items, show_table
from control.management.trying.running import OneTrial, Tellers
from sequences.catalogue import Package


class Command(BaseCommand):
    requires_system_checks: list[str] = []
    help = (
        "Run a sequence in this terminal, without station, database and history. Ctrl-C stops it with its teardown, "
        "a second one kills it; the instruments are brought into their safe state in any case. "
        "Exit code: 0 PASS, 1 FAIL, 2 refused, 3 ERROR or TIMEOUT, 4 STOPPED, 5 ABORTED, 6 CRASHED."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sequence", help="a name such as board_test, or the folder of a package such as ./my_test")
        parser.add_argument(
            "-p", "--parameter", action="append", default=[], metavar="NAME=VALUE", help="may be given several times"
        )
        parser.add_argument("--simulate", action="store_true", help="on a simulated bench of its own")
        parser.add_argument("--slot", default="", help="station/slot; default: the one that fits")
        parser.add_argument(
            "--answer", action="append", default=[], help="to a question that it asks, in order; else the terminal is"
        )
        parser.add_argument("--subject", default="", help="what it is about, for example a serial number")
        parser.add_argument("--items", default="", metavar="FOLDER", help="whose files its steps over items are given")
        parser.add_argument("--target-items", default="", metavar="FOLDER", help="with the ones to compare them with")
        parser.add_argument("--chunk-size", type=int, help="items that are worked on together; default: as it declares")
        parser.add_argument("--json", action="store_true", help="print the whole result as JSON, and nothing else")
        parser.add_argument("--yes", action="store_true", help="do not ask before real instruments are switched")

    def handle(self, *args: Any, **options: Any) -> None:
        with refusing():
            package = chosen_package(options["sequence"])
            parameters = chosen_parameters(package, options["parameter"])
            for warning in package.warnings:
                self.stderr.write(str(warning), self.style.WARNING)
            with opened_place(package.manifest.instruments, options["slot"], simulate=options["simulate"]) as place:
                if place.is_real and not options["yes"]:
                    self._ask(package, place)
                feed = opened_feed(
                    package,
                    items=options["items"],
                    target_items=options["target_items"],
                    chunk_size=options["chunk_size"],
                    results=place.paths.data / "item-results",
                )
                answers = Answers(options["answer"])
                trial = OneTrial(package, parameters, options["subject"], place, answers, ItemFeed(feed))
                if options["json"]:
                    _run_silently(trial)
                else:
                    _run_loudly(trial, verbose=options["verbosity"] > 1)
        if options["json"]:
            self.stdout.write(json.dumps(as_json(trial), indent=1, ensure_ascii=False, default=str))
        sys.exit(exit_code(trial.batch))

    def _ask(self, package: Package, place: Place) -> None:
        if not sys.stdin.isatty():
            raise CommandError(
                f"{place.slot} has real instruments, and nobody can be asked here. Say --yes to run on them, "
                "or --simulate.",
                returncode=REFUSED,
            )
        # Beside the output: that may be a file.
        sys.stderr.write(f"'{package.title}' is about to switch real instruments of {place.slot}:\n")
        for role, instrument in place.instruments.items():
            sys.stderr.write(f"  {role}: {instrument['name']} at {instrument['resource']}\n")
        sys.stderr.write("Run it? [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise CommandError("Nothing was run.", returncode=REFUSED)


def _run_silently(trial: OneTrial) -> None:
    with AwaitedSignals(signal.SIGINT, signal.SIGTERM) as ctrl_c:
        trial.run(ctrl_c, Tellers(event=lambda _: None, say=lambda _: None))


def _run_loudly(trial: OneTrial, *, verbose: bool) -> None:
    console = Console(highlight=False)
    about = f"{trial.package.name} {trial.package.version}"
    console.print(f"[bold]{escape(trial.package.title)}[/]  {escape(about)}  {trial.place.shown}")
    with AwaitedSignals(signal.SIGINT, signal.SIGTERM) as ctrl_c, TerminalStory(console, verbose=verbose) as story:
        trial.run(ctrl_c, Tellers(event=story.tell, say=lambda text: story.say(f"  {text}", "yellow")))
    show_table(trial, console)
    show_failed_items(trial, console)
    story.verdict(trial.batch)
