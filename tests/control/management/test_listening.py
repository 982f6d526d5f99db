"""Where the web process listens: which of flag, environment and station file counts, and what is refused."""

from __future__ import annotations

import os
import socket

import pytest
from django.core.management.base import CommandError

from control.management.listening import Address, chosen_address, chosen_lanes, listen_at
from stations.station_file import Server

FILE = Server(host="192.0.2.1", port=8100, workers=3)
NO_FLAGS = {"host": None, "port": None}


@pytest.fixture(autouse=True)
def nothing_set(settings, monkeypatch):
    settings.HOST, settings.PORT, settings.WORKERS = "", None, None
    monkeypatch.setenv("GWANJE_HOST", "")


def test_address_without_any_word_is_loopback():
    assert chosen_address(Server(), NO_FLAGS) == Address("127.0.0.1", 8000)


def test_station_file_wins_over_the_default():
    assert chosen_address(FILE, NO_FLAGS) == Address("192.0.2.1", 8100)
    assert os.environ["GWANJE_HOST"] == "192.0.2.1"  # the web process answers to it


def test_environment_wins_over_the_station_file(settings):
    settings.HOST, settings.PORT = "192.0.2.2", 8200
    assert chosen_address(FILE, NO_FLAGS) == Address("192.0.2.2", 8200)


def test_flag_wins_over_the_environment_and_children_learn_it(settings):
    settings.HOST, settings.PORT = "192.0.2.2", 8200
    assert chosen_address(FILE, {"host": "192.0.2.3", "port": 0}) == Address("192.0.2.3", 0)
    assert os.environ["GWANJE_HOST"] == "192.0.2.3"


@pytest.mark.parametrize(
    ("flag", "environment", "file", "lanes"),
    [(1, 2, 3, 1), (None, 2, 3, 2), (None, None, 3, 3), (None, None, None, max(3, os.cpu_count() or 1))],
)
def test_lanes_go_by_flag_environment_file_and_processors(settings, flag, environment, file, lanes):
    settings.WORKERS = environment
    assert chosen_lanes(Server(workers=file), flag) == lanes


def test_address_of_everywhere_is_typed_as_the_name_of_the_host():
    assert Address("0.0.0.0", 8000).url == f"http://{socket.gethostname()}:8000"
    assert (Address("::1", 8000).url, Address("::", 8000).from_here) == ("http://[::1]:8000", "::1")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_taken_port_is_refused(host):
    with listen_at(Address(host, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            CommandError, match=f"^Port {port} of {host} is taken by another program. Choose"
        ) as refused:
            listen_at(Address(host, port))
    assert refused.value.returncode == 2


def test_address_of_another_host_is_refused():
    with pytest.raises(CommandError, match=r"^This host cannot listen at '192\.0\.2\.1': .* Correct --host or"):
        listen_at(Address("192.0.2.1", 0))
