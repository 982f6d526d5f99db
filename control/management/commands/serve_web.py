"""manage.py serve_web: the web process alone, for a service manager, or for a host without a bench."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, connection

from control.management.listening import add_address_arguments, chosen_address, listen_at
from control.management.refusing import refusing
from control.management.serving import check_installation, check_migrated, read_station_file
from control.management.web_process import web_command, web_environment
from stations.station_file import Server


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # made below, where they end in a refusal
    help = "Serve pages, admin, API and sockets. Needs a migrated database and no station on this host."

    def add_arguments(self, parser: CommandParser) -> None:
        add_address_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with refusing():
            with_station = Path(settings.STATION_FILE).exists()
            server = read_station_file().server if with_station else Server()
            address = chosen_address(server, options)
            for note in check_installation(with_station=with_station):
                self.stderr.write(f"Note: {note}")
            self._check_database()
        listener = listen_at(address)
        self.stderr.write(f"Pages at {address.url}")
        self.stderr.flush()
        listener.set_inheritable(True)
        command = web_command(listener)
        # The same process goes on as the web server, so that signals and exit codes are its own.
        os.execve(command[0], command, {**os.environ, **web_environment()})

    def _check_database(self) -> None:
        """One that is away for a while is no reason not to start: the emergency stop of the pages needs none."""
        try:
            check_migrated()
        except OperationalError as error:
            self.stderr.write(f"Attention: the database does not answer yet: {str(error).strip().splitlines()[0]}")
        finally:
            connection.close()
