"""`manage.py serve_web`: the web process alone, as a service manager or a host without a bench runs it."""

from __future__ import annotations

import os
import re
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.installations import FREE_PORTS, Installation, wait_until
from tests.people import add_user

pytestmark = pytest.mark.any_database


def status(port, host="127.0.0.1", header=None):
    request = urllib.request.Request(f"http://{host}:{port}/api/health/", headers={"Host": header} if header else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_web_process_without_a_station_answers_and_ends_at_once(installation: Installation):
    installation.station_file.unlink()
    add_user(installation, "root", superuser=True)
    port = next(FREE_PORTS)
    web = installation.start("serve_web", "--port", str(port))
    wait_until(lambda: "Pages at" in installation.output(web), 20, "the web process")
    assert (status(port), status(port, header="stranger.example")) == (200, 400)
    web.send_signal(signal.SIGTERM)
    wait_until(lambda: not installation.processes(), 10, "its end")


def test_web_process_listens_by_the_environment_and_answers_to_that_name(installation: Installation):
    port = next(FREE_PORTS)
    installation.environment |= {"GWANJE_HOST": "127.0.0.2", "GWANJE_PORT": str(port)}
    web = installation.start("serve_web")
    wait_until(lambda: "Pages at" in installation.output(web), 20, "the web process")
    assert re.search(r"Pages at (\S+)", installation.output(web))[1] == f"http://127.0.0.2:{port}"
    assert status(port, "127.0.0.2") == 503  # nobody can log in yet


def test_web_process_on_an_old_database_is_refused(installation: Installation):
    installation.manage("migrate", "control", "0001", "-v0")
    done = installation.manage("serve_web", "--port", "0")
    assert (done.returncode, done.stderr) == (
        2,
        "CommandError: The database is not up to date. Run first: manage.py migrate\n",
    )


def test_web_process_with_a_taken_port_is_refused(installation: Installation):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = installation.manage("serve_web", "--port", str(taken.getsockname()[1]))
    assert (done.returncode, done.stderr.partition(" of ")[2]) == (
        2,
        "127.0.0.1 is taken by another program. Choose another one with --port or GWANJE_PORT.\n",
    )


def test_web_process_is_the_one_that_was_started(installation: Installation):
    web = installation.start("serve_web", "--port", str(next(FREE_PORTS)))
    command = Path(f"/proc/{web.pid}/cmdline")
    wait_until(lambda: b"web_server" in command.read_bytes(), 20, "the web process")
    os.kill(web.pid, signal.SIGKILL)
    wait_until(lambda: not installation.processes(), 5, "its end")
