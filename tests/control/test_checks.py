"""System checks: each finds the really bad environment that it is for, and says what to do."""

from __future__ import annotations

import re
import socket
import threading
from pathlib import Path

import pytest

from control.checks import file_system_of
from control.management.serving import CHECKED

OLD_SQLITE = "import sqlite3\nsqlite3.sqlite_version = '3.34.1'\nsqlite3.sqlite_version_info = (3, 34, 1)\n"
# Refuses virtual tables as a SQLite without the module does.
NO_FTS5 = """
import sqlite3
real = sqlite3.connect
def connect(*args, **options):
    connection = real(*args, **options)
    forbidden = sqlite3.SQLITE_CREATE_VTABLE
    connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_DENY if action == forbidden else sqlite3.SQLITE_OK)
    return connection
sqlite3.connect = connect
"""
GOOD_KEY = "a key of enough different characters"
MOUNTS = """/dev/sda1 / ext4 rw 0 0
server:/data /srv/lab\\040data nfs4 rw 0 0
/dev/sdb1 /srv/lab\\040data/local ext4 rw 0 0
"""


# Those of the installation, as a start asks for them; with Django's own they cost twice as much.
CHECKS = ("check", *(f"--tag={tag}" for tag in CHECKED))


def found(done):
    """The ids of what a check said, in order."""
    return re.findall(r"\((control\.\w+)\)", done.stderr)


def spoil_python(folder, code):
    """A folder for PYTHONPATH, in which Python finds this code before it runs anything else."""
    (folder / "sitecustomize.py").write_text(code)
    return str(folder)


def test_check_of_a_good_environment_is_silent(manage):
    done = manage("check", "--database", "default")
    assert (done.returncode, found(done)) == (0, [])


def test_check_finds_a_data_dir_that_cannot_be_written(manage):
    done = manage(*CHECKS, GWANJE_DATA_DIR="/proc/nowhere", GWANJE_SECRET_KEY=GOOD_KEY)
    assert (done.returncode, found(done)) == (1, ["control.E001"])
    assert "set GWANJE_DATA_DIR to another folder" in done.stderr


def test_check_finds_no_workers(manage):
    assert found(manage("check", GWANJE_WORKERS="0")) == ["control.E005"]


@pytest.mark.parametrize("name", ["MAX_FILES_PER_REQUEST", "MAX_MB", "MAX_PIXELS"])
def test_check_finds_limits_of_datasets_that_let_nothing_in(manage, name):
    done = manage("check", **{f"GWANJE_DATASET_{name}": "0"})
    assert (found(done), f"GWANJE_DATASET_{name} is too small" in done.stderr) == (["control.E011"], True)


def test_check_finds_a_root_of_datasets_that_is_not_there(manage, tmp_path):
    assert found(manage("check", GWANJE_DATASET_ROOTS=f"{tmp_path}:{tmp_path}/gone")) == ["control.W003"]


def test_check_finds_an_ageing_that_orders_nothing(manage):
    assert found(manage("check", GWANJE_AGEING_S="0")) == ["control.E012"]
    assert found(manage("check", GWANJE_AGEING_S="365d")) == ["control.E012"]


def test_check_finds_an_old_sqlite(manage, tmp_path):
    assert found(manage(*CHECKS, PYTHONPATH=spoil_python(tmp_path, OLD_SQLITE))) == ["control.E002"]


def test_check_finds_a_sqlite_without_full_text_search(manage, tmp_path):
    done = manage(*CHECKS, PYTHONPATH=spoil_python(tmp_path, NO_FTS5))
    assert (done.returncode, found(done)) == (0, ["control.I001"])


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/srv/lab data/file", "nfs4"), ("/srv/lab data/local/file", "ext4"), ("/srv/lab", "ext4"), ("/tmp", "ext4")],
)
def test_file_system_is_that_of_the_nearest_mount(path, kind):
    assert file_system_of(Path(path), MOUNTS) == kind


def test_check_says_nothing_of_a_server_that_is_away(manage):
    done = manage("check", "--database", "default", GWANJE_DATABASE_URL="postgresql://me@127.0.0.1:1/none")
    assert (done.returncode, found(done)) == (0, [])


def test_check_finds_an_old_postgresql(manage):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=speak_as_postgresql_13, args=[listener], daemon=True).start()
        url = f"postgresql://me@127.0.0.1:{listener.getsockname()[1]}/any?sslmode=disable&gssencmode=disable"
        done = manage("check", "--database", "default", GWANJE_DATABASE_URL=url)
    assert found(done) == ["control.E004"]


def speak_as_postgresql_13(listener):
    """The first words of the server's side: accepted, its settings, ready. Then it listens until it is left."""
    while True:
        try:
            client, _address = listener.accept()
        except OSError:
            return
        with client:
            client.recv(1024)
            parameters = {b"server_version": b"13.9", b"client_encoding": b"UTF8", b"TimeZone": b"UTC"}
            said = [(b"R", b"\0\0\0\0"), *((b"S", b"%b\0%b\0" % pair) for pair in parameters.items()), (b"Z", b"I")]
            client.sendall(b"".join(kind + (len(body) + 4).to_bytes(4) + body for kind, body in said))
            while client.recv(1024):
                pass


def test_check_names_every_problem_of_a_station_file(manage, tmp_path):
    file = tmp_path / "station.yaml"
    file.write_text("station: {id: demo}\nslots: 3\ninstruments: 4\n")
    done = manage(*CHECKS, GWANJE_STATION_FILE=str(file))
    assert re.findall(r"station\.yaml:\d", done.stderr) == ["station.yaml:2", "station.yaml:3"]
    assert (found(done), done.stderr.count(f"Correct {file}")) == (["control.E006"] * 2, 2)


def test_check_finds_that_the_station_file_is_missing(manage, tmp_path):
    done = manage(*CHECKS, GWANJE_STATION_FILE=str(tmp_path / "none.yaml"))
    assert (found(done), str(tmp_path / "none.yaml") in done.stderr) == (["control.E006"], True)


@pytest.mark.parametrize(
    "changes", [{"GWANJE_HOST": "192.0.2.1"}, {"GWANJE_DATABASE_URL": "postgresql://me@127.0.0.1:1/none"}]
)
def test_check_finds_debug_where_others_could_see_it(manage, changes):
    done = manage(*CHECKS, GWANJE_DEBUG="yes", **changes)
    assert (done.returncode, found(done)) == (1, ["control.E007"])


def test_check_allows_debug_on_loopback(manage):
    assert found(manage(*CHECKS, GWANJE_DEBUG="yes")) == []


@pytest.mark.parametrize(
    ("origins", "ids"),
    [
        ("gwanje.example", ["control.E008"]),
        ("https://gwanje.example,http://gwanje.example", ["control.W002"]),
        ("https://gwanje.example,https://*.gwanje.example", []),
        ("http://gwanje.example", []),
    ],
)
def test_check_of_trusted_origins(manage, origins, ids):
    assert found(manage(*CHECKS, GWANJE_TRUSTED_ORIGINS=origins)) == ids


@pytest.mark.parametrize("key", ["short", "ab" * 40])
def test_check_finds_a_secret_key_that_can_be_guessed(manage, key):
    assert found(manage(*CHECKS, GWANJE_SECRET_KEY=key)) == ["control.E009"]


def test_check_finds_a_port_that_is_none(manage):
    assert found(manage(*CHECKS, GWANJE_PORT="70000")) == ["control.E010"]


def test_check_finds_pages_that_answer_to_nobody_else(manage):
    done = manage(*CHECKS, GWANJE_HOST="0.0.0.0")
    assert (done.returncode, found(done)) == (0, ["control.W001"])
    assert "Set GWANJE_ALLOWED_HOSTS to the names or addresses that people type" in done.stderr
    assert found(manage(*CHECKS, GWANJE_HOST="0.0.0.0", GWANJE_ALLOWED_HOSTS="gwanje.example")) == []


def test_check_knows_the_address_of_the_station_file(manage, tmp_path):
    file = tmp_path / "station.yaml"
    file.write_text("station: {id: demo}\nserver: {host: '::'}\nslots: []\ninstruments: {}\n")
    assert "control.W001" in found(manage(*CHECKS, GWANJE_STATION_FILE=str(file)))
