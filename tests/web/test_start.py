"""`manage.py start` on an empty folder: its link, its demo batch, its deaths, its end, and what it refuses."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.installations import HOUSE, Installation, alive, wait_until
from tests.postgresql import Databases
from tests.web.started import Started

SUBMIT = """
from control.lifecycle.submit import Order, submit
from control.models import Batch
from tests.rows import ANNA
submit(Order("board_test", "demo/slot-1", parameters={"burn_in_time": 30}), by=ANNA, trigger=Batch.Trigger.MANUAL)
"""


def fresh(folder: Any, server: Databases | None, name: str) -> Installation:
    """An installation whose database nobody has made yet."""
    if server is None:
        return Installation(folder, f"sqlite:///{folder}/data/gwanje.sqlite3")
    server.execute(f"CREATE DATABASE {name}")
    return Installation(folder, server.url(name))


@pytest.fixture(scope="module")
def first(postgresql: Databases | None, tmp_path_factory: Any) -> Iterator[Started]:
    """The first start of an installation, its demo batch running. The last test that uses it ends it."""
    installation = fresh(tmp_path_factory.mktemp("first"), postgresql, f"gwanje_first_{os.getpid()}")
    try:
        yield Started(installation).start()
    finally:
        installation.remove()


@pytest.fixture
def started(installation: Installation) -> Started:
    """Not yet started, on a database that is up to date."""
    return Started(installation)


def test_first_start_says_what_it_did_and_what_comes_next(first: Started):
    assert first.line("database") == "created"
    assert re.fullmatch(r"admin   password (\w{4}-){3}\w{4}   shown only now", first.line("login"))
    assert first.line("station") == "Demo bench: demo/slot-1, demo/slot-2 and 1 lane"
    assert first.line("batch") == "Board test DEMO-1 is running on demo/slot-1"
    typed_here = first.output.replace(f"{sys.executable} {HOUSE / 'manage.py'}", ".venv/bin/python manage.py")
    assert max(len(line) for line in typed_here.splitlines() if line != first.link) < 80


def test_link_logs_in_once(first: Started):
    one, other = first.browser(), first.browser()
    assert one.use_link(first.secret) == (200, f"{first.address}/control/")
    assert other.use_link(first.secret)[0] == 403
    assert one.get(f"/control/batches/{first.demo}/") == 200


def test_secret_of_the_link_is_in_no_log(first: Started):
    def written() -> str:
        return "".join(log.read_text() for log in first.paths.logs.glob("*.log"))

    wait_until(lambda: "/control/login-link/" in written(), 10, "the access in the log")
    assert first.secret not in written()


@pytest.mark.any_database
def test_killed_web_process_comes_back_and_the_batch_goes_on(first: Started):
    runner, web = first.pid("runner"), first.pid("web_server")
    first.kill("web_server")
    wait_until(lambda: first.pid("web_server") not in (None, web) and first.answers(), 20, "a new web process")
    assert "the web process had died (killed by signal 9), a new one starts" in first.output
    assert first.pid("runner") == runner
    assert first.verdict(first.demo) == ("RUNNING", "NONE")


@pytest.mark.any_database
def test_start_beside_a_running_one_is_refused(first: Started):
    done = first.manage("start", "--port", "0")
    said = f"A station is already running on {first.installation.data}. Stop it first."
    assert (done.returncode, done.stderr) == (2, f"CommandError: {said}\n")
    assert first.answers()


@pytest.mark.any_database
def test_wrong_station_file_harms_no_station_that_is_running(first: Started):
    file, runner = first.installation.station_file, first.pid("runner")
    good = file.read_text()
    rows = "SELECT configuration_sha256, default_sequence FROM stations_station"
    before = first.installation.query(rows)
    try:
        file.write_text(good.replace("id: slot-2", "id: slot-1").replace("shared:", "share:"))
        done = first.manage("load_station", str(file))
        assert done.returncode == 2
        assert f"{file}:" in done.stderr and "is the second slot with the id 'slot-1'" in done.stderr
        file.write_text(good.replace("default_sequence: board_test", "default_sequence: step_loop"))
        done = first.manage("load_station", str(file))
        assert (done.returncode, done.stdout.splitlines()[1]) == (2, "  ~ default_sequence: board_test -> step_loop")
        assert "Station 'demo' is being served" in done.stderr
    finally:
        file.write_text(good)
    assert (first.installation.query(rows), first.pid("runner")) == (before, runner)
    assert first.verdict(first.demo) == ("RUNNING", "NONE")


@pytest.mark.any_database
def test_demo_batch_passes_and_the_terminal_says_so(first: Started):
    wait_until(lambda: "Board test DEMO-1: PASS after" in first.output, 40, "the verdict")
    assert first.verdict(first.demo) == ("COMPLETED", "PASS")


@pytest.mark.any_database
def test_second_start_says_already_set_up(first: Started):
    assert first.stop(signal.SIGINT) < 20
    first.is_over()
    file = first.installation.station_file
    file.write_text(file.read_text().replace("name: Demo bench", "name: Bench by the door"))
    first.start("--no-demo")
    assert first.line("file") == "1 change: name"
    assert (first.line("database"), first.line("login")) == ("up to date", "already set up: admin")
    assert "password" not in first.output
    assert first.link.endswith("&next=/control/")
    assert first.stop(signal.SIGTERM) < 20


@pytest.mark.any_database
def test_end_with_a_batch_and_an_open_socket_leaves_nothing(started: Started):
    browser = started.start().logged_in()
    url = started.address.replace("http", "ws") + "/ws/"
    with connect(url, origin=started.address, additional_headers={"Cookie": browser.cookie_header()}) as client:
        assert '"hello"' in client.recv(timeout=5)
        assert started.stop(signal.SIGTERM) < 20
    assert started.verdict(started.demo) == ("STOPPED", "NONE")
    assert (started.process.returncode, started.output.splitlines()[-1]) == (0, "Stopped.")
    started.is_over()


@pytest.mark.any_database
def test_batch_that_waits_is_told_at_the_end_and_at_the_next_start(started: Started):
    started.start()
    submitted = started.manage("shell", "--no-imports", "-c", SUBMIT)
    assert submitted.returncode == 0, submitted.stderr
    assert started.stop(signal.SIGINT) < 20
    assert started.output.splitlines()[-1] == "Stopped. Still waiting for the next start: 1 batch."
    started.start("--no-demo")
    assert started.line("queue") == "1 batch from before, started first"
    assert started.stop() < 20
    started.is_over()


@pytest.mark.any_database
def test_killed_start_leaves_no_orphan(started: Started):
    started.start()
    web = started.pid("web_server")
    started.process.kill()
    wait_until(lambda: not alive(web), 2, "the end of the web process")
    started.is_over()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.any_database
def test_signal_while_it_starts_ends_it_at_once(installation: Installation, number: signal.Signals):
    process = installation.start("start", "--port", "0")
    wait_until(lambda: "  database" in installation.output(process), 20, "its first line")
    process.send_signal(number)
    assert process.wait(timeout=20) == 0
    assert installation.output(process).splitlines()[-1] == "Stopped before everything had started."
    wait_until(lambda: not installation.processes(), 5, "the end of all processes")


@pytest.mark.any_database
def test_taken_port_is_refused_in_one_sentence(installation: Installation):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = installation.manage("start", "--port", str(port))
    said = f"Port {port} of 127.0.0.1 is taken by another program. Choose another one with --port or GWANJE_PORT."
    assert (done.returncode, done.stderr) == (2, f"CommandError: {said}\n")
    assert installation.processes() == set()


@pytest.mark.any_database
def test_folder_that_cannot_be_written_is_refused_in_one_sentence(installation: Installation):
    installation.environment["GWANJE_DATA_DIR"] = "/proc/nowhere"
    done = installation.manage("start")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert done.stderr.startswith("GWANJE_DATA_DIR is '/proc/nowhere', but it takes a folder that this user can write")


@pytest.mark.any_database
def test_database_that_is_away_is_refused_in_one_sentence(installation: Installation):
    installation.environment["GWANJE_DATABASE_URL"] = "postgresql://me@127.0.0.1:1/none"
    done = installation.manage("start", "--port", "0")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert done.stderr.endswith("Start its server, or correct GWANJE_DATABASE_URL.\n")
