"""manage.py doctor: what is well here and what is not, each with its remedy. Changes nothing."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from control.management.doctor.checks import CHECKS
from control.management.doctor.database import look_only, missing_database
from control.management.doctor.examination import examine
from control.management.doctor.finding import Level
from control.management.doctor.screen import as_json, show, worst


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # told among the findings
    help = "Tell what is well with this installation and what is not, and what to do. Only looks. Exit code 1: wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        look_only()
        askable = missing_database() is None
        told = list(examine([check for check in CHECKS if askable or not check.needs_database]))
        if options["json"]:
            self.stdout.write(as_json(told))
        else:
            show(told, sys.stdout)
        sys.stdout.flush()
        sys.exit(1 if worst(told) == Level.WRONG else 0)
