"""manage.py bench: the simulated bench of the station file on its own, its faults, and what its instruments do."""

from __future__ import annotations

import json
import os
import sys
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from stations.bench.control_socket import order
from stations.bench.fault_switches import FAULTS

HELP = "Run the simulated bench of the station file alone, without a station; Ctrl-C ends it."
WITHOUT_WORD = "Without a word, the bench runs. `start` has one of its own (also --with-bench of serve_station)."


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # a bench needs nothing but its station file
    help = HELP

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = WITHOUT_WORD
        words = parser.add_subparsers(dest="word", metavar="fault | state", title="of a bench that runs")
        fault = words.add_parser(
            "fault",
            help="let an instrument misbehave, until it is cleared",
            epilog="\n".join(["faults:", *(f"  {name} {does}" for name, does in FAULTS.items())]),
            formatter_class=RawDescriptionHelpFormatter,
        )
        fault.add_argument("instrument", help="its name in the station file, for example supply-1")
        fault.add_argument("fault", help="one of those below, for example stuck_output")
        fault.add_argument("value", nargs="?", default="", help="on, off, or a number, as the fault takes it")
        state = words.add_parser("state", help="what the instruments really do, as a witness beside them sees it")
        state.add_argument("instrument", nargs="?", default="", help="only this one")
        state.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["word"] == "fault":
            state = _ordered(options["instrument"], options["fault"], *filter(None, [options["value"]]))
            self.stdout.write(_line(options["instrument"], state))
        elif options["word"] == "state":
            self._tell(_ordered("state")["state"], options["instrument"], as_json=options["json"])
        else:
            _run()

    def _tell(self, states: dict[str, Any], instrument: str, *, as_json: bool) -> None:
        if instrument and instrument not in states:
            raise CommandError(f"The bench has no {instrument!r}. It plays: {', '.join(states)}.")
        shown = {instrument: states[instrument]} if instrument else states
        if as_json:
            self.stdout.write(json.dumps(shown, indent=2))
            return
        for name, state in shown.items():
            self.stdout.write(_line(name, state))


def _run() -> None:
    """Become the bench, so that signals reach it."""
    command = [sys.executable, "-m", "stations.bench", "--station-file", str(settings.STATION_FILE)]
    sys.stdout.flush()
    os.chdir(settings.BASE_DIR)
    os.execv(sys.executable, [*command, "--data-dir", str(settings.DATA_DIR)])


def _ordered(*words: str) -> dict[str, Any]:
    """Raises CommandError when there is no bench, or when it refuses."""
    try:
        answer = order(Path(settings.DATA_DIR), list(words))
    except OSError as error:
        raise CommandError(
            f"No bench is running for {settings.DATA_DIR} ({error.strerror or error}). "
            "Start one: manage.py bench, or manage.py start"
        ) from error
    if not answer.pop("ok"):
        problem = str(answer["error"])
        raise CommandError(problem[:1].upper() + problem[1:] + ".")
    return answer


def _line(name: str, state: dict[str, Any]) -> str:
    faults = state.get("faults", {})
    facts = ", ".join(f"{key} {_shown(value)}" for key, value in state.items() if key != "faults")
    wrong = ", ".join(f"{key} {_shown(value)}" for key, value in faults.items())
    return f"{name}: {facts}" + (f"  [{wrong}]" if wrong else "")


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ",".join(map(str, value)) or "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
