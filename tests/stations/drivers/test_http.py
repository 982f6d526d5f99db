"""The HTTP driver against the bench's fixture, and against a socket that answers as it likes."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from stations.contracts import InstrumentSettings
from stations.drivers.driver import Driver, InstrumentError
from stations.drivers.http_text import Request, fill_request
from stations.drivers.loading import load_driver
from stations.drivers.safe_state import make_safe
from tests.stations.bench.running_bench import RunningBench
from tests.stations.drivers.conftest import OpenDriver

OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b"


def driver_at(port: int, **options: Any) -> Driver:
    return load_driver(
        InstrumentSettings(
            name="lamp-1",
            driver="stations.drivers.http.HttpInstrument",
            resource=f"http://127.0.0.1:{port}/api",
            options=options,
            commands={},
            safe_state=[],
        )
    )


@contextmanager
def served(serve: Callable[[socket.socket, bytes], None], **options: Any) -> Iterator[Driver]:
    """A driver at a server that gives every connection with its first request to `serve`."""

    def accept() -> None:
        while True:
            try:
                client = listener.accept()[0]
            except OSError:
                return
            with client:
                if request := client.recv(4096):
                    serve(client, request)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept)
        thread.start()
        driver = driver_at(listener.getsockname()[1], **options)
        driver.connect()
        yield driver
        driver.close()
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_commands_are_set_and_read_back(bench: RunningBench, opened: OpenDriver) -> None:
    fixture = opened("fixture")
    fixture.set("lamp", True)
    fixture.set("level", 0.5)
    assert (fixture.read("lamp"), fixture.read("level")) == (True, 0.5)
    assert 395 < float(fixture.read("light")) < 410
    assert bench.commands("fixture-1")[:3] == ["GET /info", 'PUT /lamp {"on":true}', 'PUT /lamp {"level":0.5}']
    assert fixture.identify() == "SIMULATED-FIXTURE"


def test_what_the_service_refuses_is_told_with_its_own_words(bench: RunningBench, opened: OpenDriver) -> None:
    fixture = opened("fixture")
    with pytest.raises(InstrumentError, match=r"refused .* \(422: \{\"error\": \"level is 0 to 1\"\}\)"):
        fixture.set("level", 1.5)
    with pytest.raises(InstrumentError, match=r"refused 'GET /nowhere' \(404: .*: check the path, and the base"):
        fixture.query("GET /nowhere")
    with pytest.raises(InstrumentError, match="nothing at /lamp/volts; there is on, level, lux"):
        fixture.query("GET /state /lamp/volts")
    bench.fault("fixture-1", "error")
    with pytest.raises(InstrumentError, match=r"500: .*the fixture does not move"):
        fixture.set("lamp", True)
    bench.fault("fixture-1", "wrong_identity")
    with pytest.raises(InstrumentError, match="is not the expected one"):
        opened("fixture")


def test_mute_and_unplugged_services_fail_within_their_time_until_they_are_back(
    bench: RunningBench, opened: OpenDriver
) -> None:
    fixture = opened("fixture", timeout_s=0.2)
    bench.fault("fixture-1", "mute")
    with pytest.raises(InstrumentError, match=r"did not answer 'GET /state /lamp/on' within 0.2 s"):
        fixture.read("lamp")
    bench.fault("fixture-1", "unplug")
    with pytest.raises(InstrumentError, match="cannot be reached"):
        fixture.read("lamp")
    with pytest.raises(InstrumentError, match="cannot be reached"):
        opened("fixture")
    bench.fault("fixture-1", "clear")
    assert fixture.read("lamp") is False
    fixture.close()
    with pytest.raises(InstrumentError, match="is not open"):
        fixture.read("lamp")


def test_second_answer_on_a_connection_is_never_taken_for_the_next() -> None:
    asked: list[bytes] = []

    def serve(client: socket.socket, request: bytes) -> None:
        asked.append(request.split(b"\r\n")[0])
        if len(asked) == 1:
            client.sendall(OK % (1, b"1") + OK % (2, b"99"))  # one answer, and one that nobody has asked for
            client.settimeout(0.5)
            client.recv(4096)
        else:
            client.sendall(OK % (1, b"2"))

    with served(serve) as driver:
        assert [driver.query("GET /first"), driver.query("GET /second")] == ["1", "2"]
    assert asked == [b"GET /api/first HTTP/1.1", b"GET /api/second HTTP/1.1"]


def test_late_answer_is_never_taken_for_the_next() -> None:
    delays = iter([0.3, 0.0])

    def serve(client: socket.socket, request: bytes) -> None:
        time.sleep(next(delays))
        client.sendall(OK % (1, b"1" if b"first" in request else b"2"))

    with served(serve, timeout_s=0.15) as driver:
        with pytest.raises(InstrumentError, match="did not answer"):
            driver.query("GET /first")
        driver.timeout_s = 2.0
        assert driver.query("GET /second") == "2"


def test_answer_that_trickles_in_does_not_outlast_the_time() -> None:
    def serve(client: socket.socket, request: bytes) -> None:
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(20):
            time.sleep(0.05)
            try:
                client.sendall(b"x")
            except OSError:
                return

    with served(serve, timeout_s=0.2) as driver:
        started = time.monotonic()
        with pytest.raises(InstrumentError, match=r"did not answer 'GET /slow' within 0.2 s"):
            driver.query("GET /slow")
        assert time.monotonic() - started < 0.6


def test_redirect_is_an_error_and_headers_are_sent() -> None:
    seen: list[bytes] = []

    def serve(client: socket.socket, request: bytes) -> None:
        seen.append(request)
        client.sendall(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")

    with served(serve, headers={"X-Key": "secret"}) as driver, pytest.raises(InstrumentError, match=r"refused .*302"):
        driver.send("PUT /output 5")
    (request,) = seen  # and none to the address that it leads to
    assert {b"X-Key: secret", b"Connection: close"} <= set(request.split(b"\r\n"))


def test_what_is_no_http_and_what_is_no_json_are_errors() -> None:
    answers = iter([b"SSH-2.0-OpenSSH\r\n", OK % (2, b"no")])
    with served(lambda client, _: client.sendall(next(answers))) as driver:
        with pytest.raises(InstrumentError, match="was lost during 'GET /state'"):
            driver.query("GET /state")
        with pytest.raises(InstrumentError, match="answered 'GET /state /a' with what is not JSON: 'no'"):
            driver.query("GET /state /a")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("GET /state", Request("GET", "/state")),
        ("GET /state /a~1b/0", Request("GET", "/state", pointer="/a~1b/0")),
        ('PUT /x {"on": true}', Request("PUT", "/x", {"on": True})),
        ("POST /m 5 /volts", Request("POST", "/m", 5, "/volts")),
    ],
)
def test_text_is_a_request(text: str, found: Request) -> None:
    assert Request.parse(text) == found


@pytest.mark.parametrize("text", ["VOLT?", "get /x", "GET state", "PUT /x {on}", 'PUT /x {"a": 1} volts'])
def test_text_that_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Request.parse(text)


def test_pointer_finds_values_as_text() -> None:
    answer = '{"a/b": [1.5, true, null, "text", {"c": 1}]}'
    found = [Request("GET", "/", pointer=f"/a~1b/{at}").answer(answer) for at in range(5)]
    assert found == ["1.5", "true", "null", "text", '{"c": 1}']


@pytest.mark.parametrize(
    ("template", "value", "spelled", "text"),
    [
        ('PUT /x {"on": {value}}', True, "ON", 'PUT /x {"on": true}'),
        ('PUT /x {"mode": {value}}', 'a "b"', 'a "b"', 'PUT /x {"mode": "a \\"b\\""}'),
        ('PUT /x {"mode": "{value}"}', "CV", "CV", 'PUT /x {"mode": "CV"}'),
        ("PUT /x/{value} 1", "a b/c", "a b/c", "PUT /x/a%20b%2Fc 1"),
        ("PUT /x {value}", 0.25, "0.25", "PUT /x 0.25"),
    ],
)
def test_value_is_spelled_as_its_place_needs_it(template: str, value: Any, spelled: str, text: str) -> None:
    assert fill_request(template, value, spelled) == text


def test_safe_state_is_proved(bench: RunningBench, opened: OpenDriver) -> None:
    opened("fixture").set("lamp", True)
    proof = make_safe({"fixture": bench.others["fixture"]}, 5.0)["instruments"]["fixture-1"]
    assert (proof["confirmed"], proof["read"]) == (True, ["GET /state /lamp/on false"])
    assert bench.state("fixture-1")["lamp"] is False


@pytest.mark.parametrize(
    ("resource", "options", "problem"),
    [
        ("ftp://h/x", {}, "no address like http://"),
        ("http://h/x?y=1", {}, "no address like http://"),
        ("http://h", {"identity": "ACME"}, "`identity` needs `identify`"),
        ("http://h", {"identify": "*IDN?"}, "is no request"),
        ("http://h", {"headers": "X"}, "`headers` must be a mapping"),
    ],
)
def test_description_that_cannot_work_is_refused(resource: str, options: dict[str, Any], problem: str) -> None:
    settings = InstrumentSettings(
        name="x",
        driver="stations.drivers.http.HttpInstrument",
        resource=resource,
        options=options,
        commands={},
        safe_state=[],
    )
    with pytest.raises(InstrumentError, match=problem):
        load_driver(settings)
