"""The emergency stop button of an open page while the database is away: a real station, bench and web process."""

from __future__ import annotations

import re
import time
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from tests.installations import FREE_PORTS, wait_until

AWAY_S = 8.0  # long enough that a pool which waits longer and longer would not be back at once

VIEWER = """
from django.contrib.auth.models import Group, User
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
user = User.objects.create_user("viewer")
user.groups.add(Group.objects.get(name="viewer"))
session = SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session.save()
print(session.session_key)
"""


class Web:
    """A web process, and a browser that a viewer has logged in with."""

    def __init__(self, installation) -> None:
        port = next(FREE_PORTS)
        self.address = f"http://127.0.0.1:{port}"
        made = installation.manage("shell", "--no-imports", "-c", VIEWER)
        self.cookie = f"gwanje_session={made.stdout.split()[-1]}"
        self.process = installation.start_web(port)
        wait_until(lambda: self.ask("/admin/login/")[0] == 200, 30, "the web process")

    def ask(self, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        data = None if fields is None else urlencode(fields).encode()
        try:
            with urlopen(Request(self.address + path, data, {"Cookie": self.cookie}), timeout=30) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def remove(self) -> None:
        self.process.kill()
        self.process.wait(10)


@pytest.fixture
def station(installation_on_own_postgresql):
    installation_on_own_postgresql.environment["GWANJE_WORKERS"] = "2"
    installation_on_own_postgresql.start("serve_station", "--with-bench")
    return installation_on_own_postgresql


@pytest.fixture
def web(station):
    started = Web(station)
    yield started
    started.remove()


def test_button_of_an_open_page_works_while_the_database_is_away(station, web, own_postgresql):
    wait_until(lambda: station.query("SELECT count(*) FROM stations_slot WHERE safe") == [(4,)], 30, "safe slots")
    page = web.ask("/control/")[1]
    fields = {name: re.search(rf'name="{name}" value="([^"]+)"', page)[1] for name in ("token", "scope")}
    own_postgresql.stop()
    stopped_at = time.monotonic()
    assert web.ask("/control/")[0] == 503
    status, answer = web.ask("/control/emergency-stop/", fields)
    time.sleep(max(0.0, AWAY_S - (time.monotonic() - stopped_at)))
    own_postgresql.start()
    assert web.ask("/control/")[0] == 200
    assert (status, answer.count('data-confirmed="true"'), "not written down yet" in answer) == (200, 4, True)
    recorded = "SELECT by, scope FROM control_controlevent WHERE kind = 'EMERGENCY_STOP'"
    assert wait_until(lambda: station.query(recorded), 30, "the record of the housekeeping") == [("viewer", "demo")]
