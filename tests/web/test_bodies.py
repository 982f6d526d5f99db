"""Bodies of requests at the real web process: who may send how much, and what it costs to refuse the rest."""

from __future__ import annotations

import json
import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from tests.installations import wait_until
from tests.web.api_client import Api
from tests.web.live_web import Colleague

pytestmark = pytest.mark.any_database

MIB = 1024**2
HUGE = 1024**5
BATCHES, DATASETS = "/api/control/batches/", "/api/datasets/"
MULTIPART = "multipart/form-data; boundary=x-of-a-test"
BEGINNING = b'--x-of-a-test\r\nContent-Disposition: form-data; name="files"; filename="a.bin"\r\n\r\n'
END = b"\r\n--x-of-a-test--\r\n"


@pytest.fixture(scope="module")
def people(api: Api) -> Iterator[dict[str, dict[str, str]]]:
    """What each of them sends along."""
    colleague = Colleague(api.installation)
    viewer, session = colleague.do("key('viewer', 'viewer')"), colleague.do("session('kim', 'operator')")
    colleague.leave()
    browser = {"Cookie": f"gwanje_session={session}; gwanje_csrf={'c' * 32}"}
    yield {
        "nobody": {},
        "a stranger": {"Authorization": "Bearer gwanje_unknown"},
        "a viewer": {"Authorization": f"Bearer {viewer}"},
        "an operator": {"Authorization": f"Bearer {api.key}"},
        "another page": browser,
        "our page": {**browser, "X-CSRFToken": "c" * 32},
    }


def begun(api: Api, path: str, length: int | None, kind: str = MULTIPART, **headers: str) -> HTTPConnection:
    """A request of which nothing but the head has been sent."""
    connection = HTTPConnection(api.address.removeprefix("http://"), timeout=30)
    connection.putrequest("POST", path)
    how = ("Transfer-Encoding", "chunked") if length is None else ("Content-Length", str(length))
    for name, value in (how, ("Content-Type", kind), *headers.items()):
        connection.putheader(name, value)
    connection.endheaders()
    return connection


def told(answer: HTTPResponse) -> tuple[int, str]:
    """Status and problem."""
    return answer.status, json.loads(answer.read())["type"].removeprefix("urn:gwanje:")


def peak_memory(api: Api) -> int:
    """Bytes that the web process has had at most."""
    lines = Path(f"/proc/{api.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def temporary_bytes(api: Api) -> int:
    """What the web process has in files that have no name any more."""
    found = 0
    for entry in Path(f"/proc/{api.process.pid}/fd").iterdir():
        with suppress(OSError):
            if str(entry.readlink()).startswith(tempfile.gettempdir()) and entry.stat().st_nlink == 0:
                found += entry.stat().st_size
    return found


@pytest.mark.parametrize(
    ("who", "path", "length", "answer"),
    [
        ("nobody", DATASETS, HUGE, (401, "login-needed")),
        ("nobody", BATCHES, 4 * MIB, (401, "login-needed")),
        ("a stranger", DATASETS, HUGE, (401, "bad-key")),
        ("a viewer", DATASETS, 4 * MIB, (403, "forbidden")),
        ("another page", DATASETS, 4 * MIB, (403, "forbidden")),
        ("an operator", DATASETS, HUGE, (409, "wrong-state")),
        ("an operator", f"{DATASETS}?a=b", 4 * MIB, (400, "bad-value")),
        ("an operator", "/api/queue/", 4 * MIB, (405, "method-not-allowed")),
        ("an operator", "/api/nothing/", HUGE, (404, "not-found")),
    ],
)
def test_files_that_cannot_be_taken_are_refused_before_they_are_sent(
    api: Api, people: dict[str, Any], who: str, path: str, length: int, answer: tuple[int, str]
) -> None:
    with closing(begun(api, path, length, **people[who])) as connection:
        assert told(connection.getresponse()) == answer


def test_what_is_no_upload_is_too_large(api: Api, people: dict[str, Any]) -> None:
    for path in (BATCHES, DATASETS, "/api/schedules/"):
        with closing(begun(api, path, 4 * MIB, "application/json", **people["an operator"])) as connection:
            assert told(connection.getresponse()) == (413, "too-large")


def test_form_of_a_page_is_too_large(api: Api) -> None:
    headers = {"Accept": "text/html", "Accept-Language": "ko"}
    with closing(begun(api, "/admin/login/", HUGE, **headers)) as connection:
        answer = connection.getresponse()
        page = answer.read().decode()
        assert (answer.status, answer.headers["Connection"], 'lang="ko"' in page) == (413, "close", True)
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_body_of_no_known_length_is_too_large_in_the_end(api: Api, people: dict[str, Any]) -> None:
    with closing(begun(api, "/control/", None)) as connection:
        for _ in range(4):
            connection.send(b"100000\r\n" + bytes(MIB) + b"\r\n")
        assert connection.getresponse().status == 413


@pytest.mark.parametrize("pieces", [1, 4])
def test_upload_of_no_known_length_is_told_to_send_it(api: Api, people: dict[str, Any], pieces: int) -> None:
    with closing(begun(api, DATASETS, None, **people["an operator"])) as connection:
        for content in (BEGINNING, *[bytes(MIB)] * pieces, END, b""):
            connection.send(b"%x\r\n%s\r\n" % (len(content), content))
        assert told(connection.getresponse()) == (411, "length-required")


def test_whoever_is_refused_costs_neither_disk_nor_memory(api: Api) -> None:
    """He sends all of it nonetheless, and is answered."""
    before, most = peak_memory(api), 0
    with closing(begun(api, DATASETS, 64 * MIB)) as connection:
        for _ in range(64):
            connection.send(bytes(MIB))
            most = max(most, temporary_bytes(api))
        assert told(connection.getresponse()) == (401, "login-needed")
    assert (peak_memory(api) - before < 16 * MIB, most) == (True, 0)


@pytest.mark.parametrize("who", ["an operator", "our page"])
def test_upload_arrives_whole_and_is_never_in_memory(api: Api, people: dict[str, Any], who: str) -> None:
    before, size = peak_memory(api), 64 * MIB
    length = len(BEGINNING) + size + len(END)
    with closing(begun(api, DATASETS, length, **people[who])) as connection:
        connection.send(BEGINNING)
        for _ in range(64):
            connection.send(bytes(MIB))
        connection.send(END)
        answer = connection.getresponse()
        made = json.loads(answer.read())
    assert (answer.status, made["total_files"], made["total_bytes"]) == (201, 1, size)
    assert peak_memory(api) - before < 24 * MIB


def test_connection_takes_one_body_after_another(api: Api, people: dict[str, Any]) -> None:
    with closing(HTTPConnection(api.address.removeprefix("http://"), timeout=30)) as connection:
        for _ in range(3):
            body = json.dumps({"name": "tiles", "reason": "r" * 300})
            headers = {"Content-Type": "application/json", **people["an operator"]}
            connection.request("POST", DATASETS, body, headers)
            answer = connection.getresponse()
            assert (answer.status, json.loads(answer.read())["name"]) == (201, "tiles")


def test_body_and_next_request_may_come_in_any_pieces(api: Api, people: dict[str, Any]) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in people["an operator"].items())
    body = '{"name": "in pieces"}'
    first = f"POST {DATASETS} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{head}"
    second = "GET /api/health/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    text = f"{first}Content-Length: {len(body)}\r\n\r\n{body}{second}".encode()
    for size in (len(text), 7):
        with closing(socket.create_connection(("127.0.0.1", int(api.address.rpartition(":")[2])), 30)) as opened:
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for at in range(0, len(text), size):
                opened.sendall(text[at : at + size])
            answers = b"".join(iter(lambda opened=opened: opened.recv(65536), b""))
        assert answers.count(b"HTTP/1.1 ") == 2
        assert (b"201 Created" in answers, b"in pieces" in answers, b"200 OK" in answers) == (True, True, True)


def test_sender_who_leaves_leaves_nothing(api: Api, people: dict[str, Any]) -> None:
    with closing(begun(api, DATASETS, 64 * MIB, **people["an operator"])) as connection:
        for _ in range(8):
            connection.send(bytes(MIB))
        wait_until(lambda: temporary_bytes(api) > 2 * MIB, 10, "its beginning")
    wait_until(lambda: temporary_bytes(api) == 0, 10, "its end")
    assert api.get("/api/health/")["status"] == "ok"


def test_head_that_is_no_good_is_answered_with_its_body(api: Api) -> None:
    with closing(begun(api, DATASETS, 4 * MIB, **{"X-Wrong": "a\x1cb"})) as connection:
        connection.send(bytes(4 * MIB))
        assert connection.getresponse().status == 400
