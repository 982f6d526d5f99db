"""What `manage.py start` says: a few aligned lines, the link onto the page, and what to do next."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from pathlib import Path

from django.conf import settings
from django.core.management.base import OutputWrapper
from django.core.management.color import Style

from control.access.login_links import VALID_FOR, create_login_link
from control.management.first_login import NAME, FirstLogin
from control.management.listening import Address
from control.models import Batch
from stations.station_file import Station

# Written out: resolving names would load every page into this process, which shows none.
OVERVIEW, BATCH, DATASETS = "/control/", "/control/batches/{}/", "/control/datasets/"
LOGIN_LINK = "/control/login-link/#{}&next={}"


class Welcome:
    """Writes to the terminal of the person who starts the station."""

    def __init__(self, out: OutputWrapper, style: Style) -> None:
        self.out, self.style = out, style

    def line(self, label: str, text: str) -> None:
        self.out.write(f"  {self.style.MIGRATE_LABEL(f'{label:<10}')}{text}")
        self.out.flush()  # whoever reads a file or a pipe waits for some of these lines

    def first_login(self, login: FirstLogin) -> None:
        """Make the first login if there is none, and tell it."""
        if login.user is None:
            self.line("login", f"'{NAME}' is no active superuser, nor is anybody else: {manage()} createsuperuser")
        elif login.password:
            self.line("login", f"{NAME}   password {self.style.SUCCESS(login.password)}   shown only now")
        else:
            self.line("login", f"already set up: {login.user.get_username()}")

    def station(self, described: Station, lanes: int) -> None:
        slots = ", ".join(f"{described.id}/{slot.id}" for slot in described.slots)
        counted = f"{lanes} lane{'s' if lanes != 1 else ''}"
        self.line("station", f"{described.name}: {slots} and {counted}" if slots else f"{described.name}: {counted}")

    def link(self, login: FirstLogin, address: Address, batch: Batch | None) -> str:
        """Write and return the address to open: on this host alone one that logs in."""
        page = BATCH.format(batch.pk) if batch else OVERVIEW
        user = login.user
        if user is None or not address.is_loopback:
            self.out.write(f"\n  Open this page and log in:\n\n{address.url}{page}\n\n")
            return f"{address.url}{page}"
        minutes = int(VALID_FOR.total_seconds() // 60)
        link = address.url + LOGIN_LINK.format(create_login_link(user), page)
        self.out.write(
            f"\n  Open this link. It logs you in, once, within {minutes} minutes:\n\n{self.style.HTTP_INFO(link)}\n\n"
        )
        return link

    def next_steps(self, described: Station, login: FirstLogin, address: Address) -> None:
        name = login.user.get_username() if login.user else "USER"
        self.line("later", f"{address.url}/   log in as {name}")
        if described.slots:
            self.line("another", f"{manage()} run_batch board_test --subject SN-1")
        else:
            self.line("datasets", f"{address.url}{DATASETS}   add images there")
            self.line("images", f"{manage()} run_batch image_attributes --dataset NAME")
        self.line("a script", f"{manage()} create_api_key {name} --name my-script")
        self.line("stop", "Ctrl-C: batches first, then the rest, every output off")
        self.out.write("")
        self.out.flush()

    def open_browser(self, link: str) -> None:
        """Beside everything else: some browsers come back only when they are closed."""
        graphical = {"BROWSER", "DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()
        if not graphical:
            self.out.write("  No browser can be opened from here. Open the link yourself.\n\n")
            return
        threading.Thread(target=self._open, args=[link], daemon=True).start()

    def _open(self, link: str) -> None:
        if not webbrowser.open(link):
            self.out.write("  No browser could be opened. Open the link yourself.\n\n")
            self.out.flush()


def manage() -> str:
    """How this person calls commands, as short as it can be typed here."""
    return f"{python()} {as_typed(settings.BASE_DIR / 'manage.py')}"


def python() -> str:
    return as_typed(Path(sys.executable))


def as_typed(file: Path) -> str:
    return os.path.relpath(file) if file.is_relative_to(Path.cwd()) else str(file)
