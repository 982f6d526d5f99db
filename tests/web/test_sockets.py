"""Sockets of a real web process: exactly the rows of the journal, whatever is cut, killed or restarted meanwhile."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from typing import Any

import pytest
from websockets import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from tests.installations import FREE_PORTS, HOUSE, Installation, Template, wait_until
from tests.postgresql import PostgreSQL
from tests.system.invariants import check_invariants
from tests.system.running_station import RunningStation, as_time
from tests.web.live_web import Colleague, Following, Stuck, WebProcess

STREAMS = (f"batch/0199a0b0-0000-7000-8000-{number:012}" for number in count(1))


class Live:
    """A web process, and somebody who writes what it shows: `stream`, and a `key` that may see it."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.colleague = Colleague(installation)
        self.web = WebProcess(installation).start()
        self.anew()

    def anew(self) -> Live:
        """Running, with a stream and a key that nobody has used."""
        if self.web.process.poll() is not None:
            self.web.start()
        self.stream = next(STREAMS)
        self.key = self.colleague.do("key('mina', 'viewer')")
        self.colleague.do(f"Stream.objects.create(name={self.stream!r}).pk")
        return self

    def follow(self) -> Following:
        return Following(self.web, self.key, self.stream)

    def write(self, count: int, every_s: float = 0.0, *, end: bool = True) -> None:
        self.colleague.begin(f"write({self.stream!r}, {count}, {every_s}, {end})")

    def written(self) -> None:
        """Wait until all of it is written."""
        self.colleague.answer()

    def rows(self) -> list[tuple[Any, ...]]:
        return journal(self.installation, self.stream)

    def close(self) -> None:
        self.colleague.leave()
        self.web.kill()


def journal(installation: Installation, stream: str) -> list[tuple[Any, ...]]:
    """Every row as the database has it, read with the plain driver."""
    found = installation.query(
        "SELECT e.seq, e.at, e.kind, e.level, e.step, e.message, e.data FROM control_event e "
        f"JOIN control_stream s ON s.id = e.stream_id WHERE s.name = '{stream}' ORDER BY e.seq"
    )
    return [(seq, as_time(at), *rest, _data(data)) for seq, at, *rest, data in found]


def _data(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def shown(events: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What a client was told, in the shape of the rows."""
    return [
        (e["seq"], datetime.fromisoformat(e["at"]), e["kind"], e["level"], e["step"], e["message"], e["data"])
        for e in events
    ]


@pytest.fixture(scope="module")
def opened(installation_template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    installation = installation_template.install(tmp_path_factory.mktemp("live"))
    opened = Live(installation)
    yield opened
    opened.close()
    installation.remove()


@pytest.fixture
def live(opened: Live) -> Live:
    return opened.anew()


@pytest.fixture
def live_on_own_postgresql(installation_on_own_postgresql: Installation) -> Iterator[Live]:
    opened = Live(installation_on_own_postgresql)
    yield opened
    opened.close()


def test_a_client_is_shown_exactly_the_rows_of_the_journal(live: Live):
    live.write(500)
    client = live.follow()
    assert shown(client.finish()) == live.rows()
    assert (len(client.events), client.connections) == (501, 1)


@pytest.mark.any_database
def test_a_client_that_was_cut_off_catches_up(live: Live):
    client = live.follow()
    live.write(400, 0.01)
    client.seen(50)
    client.cut()
    time.sleep(2.0)
    missed_from = client.last
    client.heal()
    assert shown(client.finish()) == live.rows()
    assert (missed_from < 300, client.connections) == (True, 2)


@pytest.mark.any_database
def test_a_client_survives_the_web_process_being_killed(live: Live):
    client = live.follow()
    live.write(400, 0.01)
    client.seen(50)
    live.web.kill()
    time.sleep(1.0)
    live.web.start()
    assert shown(client.finish()) == live.rows()
    assert client.connections == 2


def test_open_sockets_survive_a_restart_of_the_database(live_on_own_postgresql: Live, own_postgresql: PostgreSQL):
    live = live_on_own_postgresql
    client = live.follow()
    live.write(400, 0.01)
    client.seen(50)
    for mode in ("fast", "immediate"):
        own_postgresql.stop(mode)
        time.sleep(2.0)
        own_postgresql.start()
        client.seen(len(client.events) + 50)
    assert shown(client.finish()) == live.rows()
    assert client.connections == 1


def test_a_socket_can_be_opened_while_the_database_is_away(live_on_own_postgresql: Live, own_postgresql: PostgreSQL):
    live = live_on_own_postgresql
    live.write(10)
    live.written()
    own_postgresql.stop("fast")
    client = live.follow()
    time.sleep(2.0)
    own_postgresql.start()
    assert shown(client.finish()) == live.rows()


@pytest.mark.any_database
def test_clients_that_never_read_disturb_nobody(live: Live):
    live.write(3000, end=False)
    live.written()
    stuck = [Stuck(live.web, live.key) for _ in range(3)]
    for each in stuck:
        for stream in (live.stream, "board", "alerts", "overview"):
            each.say(t="sub", s=stream, after=0)
            each.say(t="more", s=stream, after=0)
    client = live.follow()
    live.write(500, 0.002)
    assert shown(client.finish()) == live.rows()
    for each in stuck:
        each.close()


@pytest.mark.any_database
def test_many_clients_are_shown_the_same(live: Live):
    clients = [live.follow() for _ in range(20)]
    live.write(300, 0.005)
    told = [shown(client.finish()) for client in clients]
    assert told == [live.rows()] * 20


@pytest.mark.any_database
def test_a_revoked_key_closes_its_sockets(live: Live):
    with live.web.connect(key=live.key) as opened:
        assert json.loads(opened.recv())["t"] == "hello"
        live.colleague.do("revoke_key(ApiKey.objects.latest('pk'))")
        assert json.loads(opened.recv(timeout=15))["code"] == 4401
        with pytest.raises(ConnectionClosed) as closed:
            opened.recv(timeout=15)
    assert closed.value.rcvd.code == 4401
    assert live.web.verdict(key=live.key) == 4401


IN = "hello"
SESSIONS = {"": 4403, "viewer": IN, "operator": IN, "engineer": IN, "admin": IN}


@pytest.mark.any_database
def test_who_may_open_a_socket(live: Live):
    """The whole table over a real connection: role by session and by key, and keys with and without the scope."""
    origin = live.web.origin
    assert live.web.verdict("/ws/", origin=origin) == 4401
    assert live.web.verdict() == 4401
    for role, answer in SESSIONS.items():
        roles = f"'u-{role}', '{role}'" if role else "'u-'"
        session, key = live.colleague.do(f"session({roles})"), live.colleague.do(f"key({roles})")
        assert (role, live.web.verdict("/ws/", session=session, origin=origin)) == (role, answer)
        assert (role, live.web.verdict(key=key)) == (role, answer)
        assert live.web.verdict("/ws/", key=key, origin=origin) == 4401
        assert live.web.verdict(session=session) == 4401
    assert live.web.verdict(key=live.colleague.do("key('kim', 'admin', scopes=['see'])")) == IN
    assert live.web.verdict(key=live.colleague.do("key('kim', 'admin', scopes=['operate'])")) == 4403


@pytest.mark.any_database
@pytest.mark.parametrize("origin", ["", "null", "http://evil.example", "http://127.0.0.1:1"])
def test_a_foreign_page_cannot_use_a_session(live: Live, origin: str):
    session = live.colleague.do("session('mina', 'viewer')")
    assert live.web.verdict("/ws/", session=session, origin=live.web.origin) == IN
    assert live.web.verdict("/ws/", session=session, origin=origin) == 4403


def documented_client() -> str:
    """The program that docs/events.md shows."""
    page = (HOUSE / "docs" / "events.md").read_text()
    (client,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    return client


@pytest.mark.any_database
def test_the_client_of_the_documentation_shows_a_batch(station: RunningStation, tmp_path):
    """A real batch, followed live by a program that is copied from the page."""
    (tmp_path / "follow.py").write_text(documented_client())
    colleague = Colleague(station.installation)
    key = colleague.do("key('mina', 'viewer')")
    colleague.leave()
    web = WebProcess(station.installation).start()
    batch = station.run(times=20, seconds=0.05)
    command = [sys.executable, "follow.py", web.address(), key, batch.id]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert batch.exit_code() == 0, batch.output
    web.kill()
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, shown(told)) == (0, journal(station.installation, f"batch/{batch.id}")), done.stderr


@pytest.mark.any_database
def test_the_client_of_the_documentation_comes_back(live: Live, tmp_path):
    (tmp_path / "follow.py").write_text(documented_client())
    command = [sys.executable, "follow.py", live.web.address(), live.key, live.stream.partition("/")[2]]
    output = tmp_path / "told.txt"
    with output.open("w") as told:
        client = subprocess.Popen(command, cwd=tmp_path, stdout=told)
    live.write(300, 0.01)
    wait_until(lambda: len(output.read_text().splitlines()) > 50, what="the first lines")
    live.web.kill()
    live.web.start()
    assert client.wait(timeout=60) == 0
    assert shown([json.loads(line) for line in output.read_text().splitlines()]) == live.rows()


@pytest.fixture
def failing_server() -> Iterator[str]:
    """One that says on the first connection that it has failed, and tells a short story on the next."""
    failures = [{"t": "err", "code": 4500, "msg": "The server has failed. Connect again."}]

    def serve_client(opened: ServerConnection) -> None:
        asked = json.loads(opened.recv())
        opened.send(json.dumps({"t": "hello", "v": 1}))
        if failures:
            opened.send(json.dumps(failures.pop()))
            return opened.close(4500)
        frame = {"t": "ev", "s": asked["s"], "a": 1, "b": 1, "head": 1, "e": [{"seq": 1}]}
        opened.send(json.dumps(frame))
        opened.recv()  # more
        opened.send(json.dumps({"t": "end", "s": asked["s"], "last": 1}))

    with serve(serve_client, "127.0.0.1", next(FREE_PORTS)) as server:
        host, port = server.socket.getsockname()
        threading.Thread(target=server.serve_forever).start()
        yield f"ws://{host}:{port}/"
        server.shutdown()


@pytest.mark.any_database
def test_the_client_of_the_documentation_tries_a_failed_server_again(failing_server: str, tmp_path):
    (tmp_path / "follow.py").write_text(documented_client())
    command = [sys.executable, "follow.py", failing_server, "key", next(STREAMS).partition("/")[2]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, '{"seq": 1}\n', "")


@pytest.mark.any_database
def test_a_stopped_web_process_leaves_nobody(live: Live):
    """daphne may die by SIGSEGV when it is asked to end with sockets open: that is an end, too."""
    client = live.follow()
    live.write(5, end=False)
    client.seen(5)
    client.may_connect.clear()
    live.web.process.terminate()
    assert live.web.process.wait(timeout=15) in (0, -15, -11)
    client.over = True


def test_a_batch_on_a_station_is_followed_from_queue_to_end(station: RunningStation):
    colleague = Colleague(station.installation)
    key = colleague.do("key('kim', 'viewer')")
    colleague.leave()
    web = WebProcess(station.installation).start()
    batch = station.run(times=5, seconds=0.02)
    client = Following(web, key, f"batch/{batch.id}")
    told = client.finish()
    web.kill()
    kinds = [event["kind"] for event in told]
    assert (kinds[0], kinds[-1], kinds.count("batch.ended")) == ("batch.queued", "batch.ended", 1)
    assert shown(told) == journal(station.installation, f"batch/{batch.id}")
    check_invariants(station)
