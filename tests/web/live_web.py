"""A real web process beside an installation, somebody at its database, and socket clients that know nothing of ours."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from contextlib import suppress
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from websockets import ClientProtocol, ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.uri import parse_uri

from tests.installations import FREE_PORTS, Installation, wait_until

SCRIPT = """
import json, sys
from django.contrib.auth.models import Group, User
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import close_old_connections, transaction, Error
from control.access.keys import create_key, revoke_key
from control.journal.append import Entry, append
from control.models import ApiKey, Stream
import time

def user(name, *roles):
    made, _ = User.objects.get_or_create(username=name)
    made.groups.set([Group.objects.get_or_create(name=role)[0] for role in roles])
    return made

def key(name, *roles, scopes=()):
    return create_key(user(name, *roles), "test", scopes=scopes)[1]

def session(name, *roles):
    made, store = user(name, *roles), SessionStore()
    store[SESSION_KEY], store[HASH_SESSION_KEY] = str(made.pk), made.get_session_auth_hash()
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store.create()
    return store.session_key

def write(stream, count, every_s=0.0, end=False):
    for number in range(count):
        while True:
            try:
                with transaction.atomic():
                    append(stream, [Entry("log", f"line {number}", data={"number": number})])
                break
            except Error:
                close_old_connections()
                time.sleep(0.1)
        time.sleep(every_s)
    if end:
        append(stream, [Entry("batch.ended", "the end")])

for line in sys.stdin:
    answer = eval(line)
    print(json.dumps(answer), flush=True)
"""


class Colleague:
    """Somebody who writes to the installation's database while the test goes on: a process of its own."""

    def __init__(self, installation: Installation) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = installation.start("shell", "--no-imports", "-c", SCRIPT, **pipes)
        self._begun = 0  # calls whose answer nobody has heard

    def begin(self, call: str) -> None:
        """Have a call of the script done; `answer` waits for it."""
        self._process.stdin.write(call + "\n")
        self._process.stdin.flush()
        self._begun += 1

    def answer(self) -> Any:
        self._begun -= 1
        return json.loads(self._process.stdout.readline())

    def do(self, call: str) -> Any:
        while self._begun:
            self.answer()
        self.begin(call)
        return self.answer()

    def leave(self) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=20)
        self._process.stdout.close()


class WebProcess:
    """As it serves people."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.port = next(FREE_PORTS)
        self.origin = f"http://127.0.0.1:{self.port}"
        self._log = installation.folder / "web.txt"
        self.process: subprocess.Popen[str]

    def start(self) -> WebProcess:
        self.process = self.installation.start_web(self.port)
        wait_until(lambda: self._answers() or self.process.poll() is not None, 30, "the web process")
        assert self.process.poll() is None, self.output
        return self

    def _answers(self) -> bool:
        try:
            urlopen(f"{self.origin}/api/health/", timeout=10).close()
        except HTTPError as error:
            error.close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)

    @property
    def output(self) -> str:
        return self._log.read_text()

    def address(self, path: str = "/ws/api/") -> str:
        return f"ws://127.0.0.1:{self.port}{path}"

    def connect(
        self, path: str = "/ws/api/", *, key: str = "", session: str = "", origin: str = ""
    ) -> ClientConnection:
        headers = {
            "Authorization": f"Bearer {key}" if key else "",
            "Cookie": f"gwanje_session={session}" if session else "",
        }
        given = {name: value for name, value in headers.items() if value}
        return connect(self.address(path), additional_headers=given, origin=origin or None, max_size=None, proxy=None)

    def verdict(self, path: str = "/ws/api/", **who: str) -> int | str:
        """ "hello", or the code with which somebody is refused."""
        with self.connect(path, **who) as opened:
            try:
                while (heard := json.loads(opened.recv(timeout=10)))["t"] != "hello":
                    pass
            except ConnectionClosed as closed:
                return closed.rcvd.code
            return heard["t"]


class Following(threading.Thread):
    """A client that follows a stream to its end, and comes back after whatever happens with the last number it saw."""

    def __init__(self, web: WebProcess, key: str, stream: str) -> None:
        super().__init__(daemon=True)
        self.web, self.key, self.stream = web, key, stream
        self.events: list[dict[str, Any]] = []
        self.last = 0
        self.connections = 0
        self.wrong: list[str] = []
        self.may_connect = threading.Event()
        self.may_connect.set()
        self._opened: ClientConnection | None = None
        self.over = False
        self.start()

    def run(self) -> None:
        while not self.over:
            self.may_connect.wait()
            try:
                with self.web.connect(key=self.key) as self._opened:
                    self.connections += 1
                    self._follow(self._opened)
            except (OSError, ConnectionClosed, EOFError, TimeoutError):
                time.sleep(0.1)

    def _follow(self, opened: ClientConnection) -> None:
        opened.send(json.dumps({"t": "sub", "s": self.stream, "after": self.last}))
        for text in opened:
            frame = json.loads(text)
            if frame["t"] == "ev":
                self._take(frame)
                opened.send(json.dumps({"t": "more", "s": self.stream, "after": self.last}))
            elif frame["t"] == "end":
                self.over = True
                return
            elif frame["t"] == "err":
                self.wrong.append(text)
                self.over = True

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["a"] != self.last + 1:
            self.wrong.append(f"{frame['a']} follows {self.last}")
        self.events += frame["e"]
        self.last = frame["b"]

    def cut(self) -> None:
        """Lose the connection, and come back only when `heal` is called."""
        self.may_connect.clear()
        assert self._opened is not None
        with suppress(OSError):
            self._opened.socket.shutdown(socket.SHUT_RDWR)

    def heal(self) -> None:
        self.may_connect.set()

    def seen(self, count: int, timeout_s: float = 60) -> None:
        wait_until(lambda: len(self.events) >= count or self.wrong, timeout_s, f"{count} events")

    def finish(self, timeout_s: float = 60) -> list[dict[str, Any]]:
        """Everything that it was shown, once the stream has ended."""
        self.join(timeout_s)
        assert (self.is_alive(), self.wrong) == (False, [])
        return self.events


class Stuck:
    """A client that says what it wants and then never reads a byte."""

    def __init__(self, web: WebProcess, key: str) -> None:
        self._protocol = ClientProtocol(parse_uri(web.address()))
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.connect(("127.0.0.1", web.port))
        request = self._protocol.connect()
        request.headers["Authorization"] = f"Bearer {key}"
        self._protocol.send_request(request)
        self._flush()
        while not self._protocol.handshake_exc and not self._protocol.events_received():
            self._protocol.receive_data(self._socket.recv(1024))

    def say(self, **message: Any) -> None:
        self._protocol.send_text(json.dumps(message).encode())
        self._flush()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            self._socket.sendall(data)

    def close(self) -> None:
        self._socket.close()
