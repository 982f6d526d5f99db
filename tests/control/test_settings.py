"""Settings as processes see them: each test starts a real one with its own environment."""

from __future__ import annotations

import json
import socket

import pytest
from django.conf import settings
from django.db import connection

CLUSTER = """
import json, warnings
warnings.simplefilter("error")
from django_q.conf import Conf
print(json.dumps([Conf.CLUSTER_NAME, Conf.WORKERS, Conf.PREFIX, Conf.TIMEOUT, Conf.BULK, Conf.QUEUE_LIMIT]))
"""


def test_wrong_setting_ends_a_command_with_one_sentence(manage):
    done = manage("check", GWANJE_WORKERS="many")
    sentence = "GWANJE_WORKERS is 'many', but it takes a whole number.\n"
    assert (done.returncode, done.stderr, done.stdout) == (2, sentence, "")


@pytest.mark.parametrize("url", ["mysql://me:geheim@host/name", "nonsense", "sqlite://", "postgresql://me:geheim@host"])
def test_database_url_of_another_kind_is_refused_without_its_password(manage, url):
    done = manage("check", GWANJE_DATABASE_URL=url)
    shown = url.replace("geheim", "***")
    takes = "sqlite:///folder/file or postgresql://user:password@host/name"
    assert done.stderr == f"GWANJE_DATABASE_URL is '{shown}', but it takes {takes}.\n"


def test_cluster_takes_its_name_and_workers_from_the_environment(manage):
    done = manage("shell", "--no-imports", "-c", CLUSTER, Q_CLUSTER_NAME="demo.slots", GWANJE_CLUSTER_WORKERS="7")
    assert json.loads(done.stdout) == ["demo.slots", 7, "gwanje", None, 1, 1]


def test_relative_database_path_counts_from_the_house(manage):
    code = "from django.conf import settings as s; print(s.DATABASES['default']['NAME'] == str(s.BASE_DIR / 'a/b'))"
    done = manage("shell", "--no-imports", "-c", code, GWANJE_DATABASE_URL="sqlite:///a/b")
    assert done.stdout == "True\n"


def test_data_dir_is_absolute_for_child_processes_too(manage):
    code = "import os; print(os.environ['GWANJE_DATA_DIR'])"
    done = manage("shell", "--no-imports", "-c", code, GWANJE_DATA_DIR="../elsewhere", GWANJE_SECRET_KEY="given")
    assert done.stdout == f"{settings.BASE_DIR.parent / 'elsewhere'}\n"


@pytest.mark.django_db
def test_sqlite_journal_is_a_write_ahead_log():
    if connection.vendor != "sqlite":
        pytest.skip("needs --database=sqlite")
    with connection.cursor() as cursor:
        modes = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert (modes, connection.transaction_mode) == (["wal", 1], "IMMEDIATE")


def test_debug_is_off_and_times_are_in_utc():
    assert (settings.DEBUG, settings.USE_TZ) == (False, True)


HOSTS = "from django.conf import settings; print(*settings.ALLOWED_HOSTS[3:])"


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, [socket.gethostname()]),
        ({"GWANJE_HOST": "0.0.0.0"}, [socket.gethostname()]),
        ({"GWANJE_HOST": "bench-7.example"}, [socket.gethostname(), "bench-7.example"]),
        ({"GWANJE_HOST": "fe80::7"}, [socket.gethostname(), "[fe80::7]"]),
        ({"GWANJE_HOST": "192.0.2.7", "GWANJE_ALLOWED_HOSTS": "a.example, b.example"}, ["a.example", "b.example"]),
    ],
)
def test_pages_answer_to_loopback_and_to_what_is_listened_at(manage, changes, names):
    assert manage("shell", "--no-imports", "-c", HOSTS, **changes).stdout.split() == names
