"""What a start says: the link for this host alone, a plain address for others, and the next steps."""

from __future__ import annotations

import io
import re
import socket
import sys
from dataclasses import replace

import pytest
from django.conf import settings as house
from django.core.management.base import OutputWrapper
from django.core.management.color import no_style

from control.access.login_links import use_login_link
from control.management.first_login import FirstLogin
from control.management.listening import Address
from control.management.welcome import Welcome, manage
from control.models import LoginLink
from stations.station_file import Slot, read_station_file

HERE, EVERYWHERE = Address("127.0.0.1", 8000), Address("0.0.0.0", 8000)


@pytest.fixture
def out():
    return io.StringIO()


@pytest.fixture
def welcome(out):
    return Welcome(OutputWrapper(out), no_style())


@pytest.mark.django_db
def test_link_lets_the_first_superuser_in(welcome):
    login = FirstLogin()
    link = welcome.link(login, HERE, None)
    secret, page = re.fullmatch(r"http://127\.0\.0\.1:8000/control/login-link/#(\S+)&next=(\S+)", link).groups()
    assert (use_login_link(secret), page) == (login.user, "/control/")


@pytest.mark.django_db
def test_link_that_logs_in_is_made_for_loopback_alone(welcome, out):
    link = welcome.link(FirstLogin(), EVERYWHERE, None)
    assert (link, LoginLink.objects.count()) == (f"http://{socket.gethostname()}:8000/control/", 0)
    assert "Open this page and log in:" in out.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slots", "told"),
    [
        ([Slot("slot-1", {})], ["station   Demo bench: demo/slot-1 and 2 lanes", "another   "]),
        ([], ["station   Demo bench: 2 lanes", "datasets  http://127.0.0.1:8000/control/datasets/", "images    "]),
    ],
)
def test_station_is_told_with_what_can_run_there(welcome, out, slots, told):
    described = replace(read_station_file(house.BASE_DIR / "station.yaml"), slots=slots)
    welcome.station(described, 2)
    welcome.next_steps(described, FirstLogin(), HERE)
    said = [line[2:] for line in out.getvalue().splitlines() if not re.match("  (later|a script|stop) ", line)]
    assert [line.startswith(begin) for line, begin in zip(said, [*told, ""], strict=True)] == [True] * (len(told) + 1)
    assert ("board_test" in said[1], "image_attributes" in said[-2]) == (bool(slots), not slots)


def test_browser_is_not_looked_for_without_a_screen(welcome, out, monkeypatch):
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    welcome.open_browser("http://127.0.0.1:8000/")
    assert out.getvalue() == "  No browser can be opened from here. Open the link yourself.\n\n"


def test_commands_are_told_as_they_can_be_typed(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(house.BASE_DIR / ".venv" / "bin" / "python"))
    monkeypatch.chdir(house.BASE_DIR)
    assert manage() == ".venv/bin/python manage.py"
    monkeypatch.chdir(tmp_path)
    assert manage() == f"{house.BASE_DIR}/.venv/bin/python {house.BASE_DIR}/manage.py"
