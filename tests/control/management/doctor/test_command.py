"""`manage.py doctor` as a person meets it: with nothing, with everything, and with something broken."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stations.safety import client
from tests.control.conftest import Manage
from tests.control.management.doctor.told import findings, level_of
from tests.installations import Installation, Template, wait_until
from tests.postgresql import PostgreSQL

WRITES = """
from django.contrib.auth.models import Group
from control.management.doctor.database import look_only
look_only()
Group.objects.create(name="x")
"""


def doctor(installation: Installation) -> subprocess.CompletedProcess[str]:
    return installation.manage("doctor", "--json")


def test_doctor_of_a_new_folder_makes_nothing_in_it(manage: Manage, tmp_path):
    folder = tmp_path / "new"
    done = manage("doctor", "--json", GWANJE_DATA_DIR=str(folder), GWANJE_DATABASE_URL="")
    assert (level_of(done, "data directory"), level_of(done, "database")) == (["attention"], ["attention"])
    assert (level_of(done, "station"), folder.exists()) == (["attention"], False)


def test_doctor_names_every_wrong_setting_and_looks_at_the_rest(manage: Manage):
    done = manage("doctor", "--json", GWANJE_WORKERS="x", GWANJE_PORT="y", GWANJE_HOST="0.0.0.0")
    found = findings(done, "settings")
    named = [re.match(r"GWANJE_[A-Z]+|The pages", finding["text"])[0] for finding in found]
    assert sorted(named) == ["GWANJE_PORT", "GWANJE_WORKERS", "The pages"]
    assert (done.returncode, level_of(done, "station file")) == (1, ["ok"])


def test_doctor_names_every_problem_of_the_station_file(manage: Manage, tmp_path):
    file = tmp_path / "station.yaml"
    file.write_text("station: {id: demo}\nslots: 3\ninstruments: 4\n")
    done = manage("doctor", "--json", GWANJE_STATION_FILE=str(file))
    assert level_of(done, "station file") == ["wrong", "wrong"]


def test_doctor_tells_of_a_server_that_is_away_and_of_all_that_needs_none(manage: Manage):
    done = manage("doctor", "--json", GWANJE_DATABASE_URL="postgresql://me@127.0.0.1:1/none")
    assert (done.returncode, level_of(done, "database"), level_of(done, "not known")) == (1, ["wrong"], ["attention"])
    assert (level_of(done, "software"), level_of(done, "guards")) == (["ok", "ok"], ["ok"])


def test_doctor_does_not_wait_for_a_server_that_hangs(manage: Manage):
    with socket.create_server(("127.0.0.1", 0)) as listener:  # takes connections and says nothing
        url = f"postgresql://me@127.0.0.1:{listener.getsockname()[1]}/any"
        begun = time.monotonic()
        done = manage("doctor", "--json", GWANJE_DATABASE_URL=url)
        took_s = time.monotonic() - begun
    assert (done.returncode, level_of(done, "database"), took_s < 15) == (1, ["wrong"], True)


def test_doctor_writes_one_line_per_finding_where_no_terminal_is(manage: Manage):
    done = manage("doctor")
    *lines, verdict = done.stdout.splitlines()
    assert {line.split()[0] for line in lines} <= {"ok", "attention", "wrong"}
    assert re.fullmatch(r"(\d+ wrong)?(, )?(1 thing needs|\d+ things need) attention\.", verdict)


@pytest.mark.any_database
def test_doctor_of_a_damaged_database_says_so(installation: Installation, tmp_path):
    (tmp_path / "damaged.sqlite3").write_bytes(b"damaged" * 1000)
    installation.environment["GWANJE_DATABASE_URL"] = f"sqlite:///{tmp_path}/damaged.sqlite3"
    done = installation.manage("doctor", "--json")
    (found,) = findings(done, "database")
    assert (done.returncode, found["level"]) == (1, "wrong")
    assert found["text"].endswith("is damaged: file is not a database")
    pruned = installation.manage("prune", "--older-than", "1")
    assert pruned.stderr.endswith("file is not a database. Restore a backup: manage.py restore ARCHIVE.\n")


@pytest.mark.any_database
def test_doctor_of_a_narrow_terminal_and_of_an_impatient_reader(installation: Installation):
    installation.environment |= {"PYTHONIOENCODING": "ascii", "GWANJE_DATA_DIR": f"{installation.folder}/자료"}
    done = installation.manage("doctor")
    assert (done.stderr, "Traceback" in done.stdout, "\\uc790" in done.stdout) == ("", False, True)
    read, write = os.pipe()
    os.close(read)
    process = installation.start("doctor", "--json", stdout=write)
    os.close(write)
    assert (process.wait(timeout=60), installation.output(process)) == (141, "")


def test_json_of_the_doctor_says_where_when_and_how_bad(manage: Manage):
    told = json.loads(manage("doctor", "--json").stdout)
    assert list(told) == ["version", "host", "at", "level", "findings"]
    assert told["host"] == socket.gethostname()


def test_doctor_cannot_write_into_the_database(installation: Installation):
    done = installation.manage("shell", "--no-imports", "-c", WRITES)
    assert (done.returncode == 0, "read" in done.stderr.splitlines()[-1]) == (False, True)


def test_doctor_finds_a_database_that_is_behind_the_program(installation: Installation):
    assert installation.manage("migrate", "control", "0001", "-v0", "--fake").returncode == 0
    found = findings(doctor(installation), "database")
    behind = [finding["text"] for finding in found if finding["level"] == "wrong"]
    assert [re.sub(r"\d+ migrations?", "n", text) for text in behind] == ["The database is n behind the program."]


def test_doctor_finds_a_database_of_a_newer_program(installation: Installation):
    insert = "INSERT INTO django_migrations (app, name, applied) VALUES ('control', '9999_later', CURRENT_TIMESTAMP)"
    with installation.connection() as connection:
        connection.execute(insert)
    found = findings(doctor(installation), "database")
    assert [finding["text"] for finding in found if finding["level"] == "wrong"] == [
        "The database was brought up to date by a newer Gwanje (9999_later)."
    ]


@pytest.fixture(scope="module")
def running(installation_template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A station without pages, which each test leaves as it was."""
    installation = installation_template.install(tmp_path_factory.mktemp("running"))
    installation.data.chmod(0o700)
    installation.environment["GWANJE_WORKERS"] = "1"
    try:
        started = installation.start("serve_station", "--with-bench")
        wait_until(lambda: "is ready" in installation.output(started), 60, "the station")
        wait_until(lambda: level_of(doctor(installation), "heartbeats") == ["ok"], 30, "the first heartbeat")
        wait_until(lambda: level_of(doctor(installation), "station") == ["ok"], 30, "the clusters")
        yield installation
    finally:
        installation.remove()


@pytest.mark.any_database
def test_doctor_of_a_running_station_finds_it_well(running: Installation):
    done = doctor(running)
    for topic in (
        "station",
        "heartbeats",
        "guards",
        "instruments",
        "slots",
        "running batches",
        "waiting batches",
        "wishes",
    ):
        assert level_of(done, topic) == ["ok"], findings(done, topic)
    assert level_of(done, "pages") == ["attention"]  # none are served


@pytest.mark.any_database
def test_doctor_finds_what_stands_still(running: Installation):
    guard = client.status(running.paths, "demo/slot-1")
    assert guard is not None
    warden = process_of(running, b"stations.safety.warden")
    still = (process_of(running, b"serve_station"), warden, guard["pid"])  # from above: each would replace the next
    for pid in still:
        os.kill(pid, signal.SIGSTOP)
    try:
        done = doctor(running)
    finally:
        for pid in still:
            os.kill(pid, signal.SIGCONT)
    assert (done.returncode, level_of(done, "station"), level_of(done, "guards")) == (1, ["wrong"], ["wrong"])
    assert findings(done, "guards")[0]["text"] == "The guard of demo/slot-1 does not answer."
    wait_until(lambda: client.status(running.paths, "demo/slot-1", 0.5), 20, "a guard that answers again")


def process_of(installation: Installation, word: bytes) -> int:
    words = {pid: Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in installation.processes()}
    return next(pid for pid, said in words.items() if word in said)


@pytest.mark.any_database
def test_doctor_tells_of_a_latch_and_how_to_lift_it(running: Installation):
    running.manage("estop", "--slot", "demo/slot-2", "--reason", "smoke")
    (found,) = findings(doctor(running), "guards")
    assert found["level"] == "attention"
    assert found["remedy"] == 'When it is safe: manage.py reset --slot demo/slot-2 --reason "…"'
    assert running.manage("reset", "--all", "--reason", "the test is over").returncode == 0


@pytest.mark.any_database
def test_doctor_finds_where_the_pages_are(installation: Installation):
    started = installation.start("start", "--no-demo", "--port", "0")
    wait_until(lambda: "Ctrl-C" in installation.output(started), 60, "the pages")
    (found,) = findings(doctor(installation), "pages")
    address = re.search(r"http://127\.0\.0\.1:\d+", installation.output(started))[0]
    assert (found["level"], found["text"].partition(" answers")[0]) == ("ok", address)


def test_doctor_finds_a_server_that_was_stopped(
    installation_on_own_postgresql: Installation, own_postgresql: PostgreSQL
):
    own_postgresql.stop("fast")
    assert level_of(doctor(installation_on_own_postgresql), "database") == ["wrong"]
    own_postgresql.start()
    assert level_of(doctor(installation_on_own_postgresql), "database") == ["ok", "ok", "ok"]
