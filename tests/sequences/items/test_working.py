"""What happens to one item in its process, told as it ended. The work is called here, in the test's own process."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sequences.attachments import AttachmentFolder
from sequences.items.item import CHANGED, BadItem
from sequences.items.working import MESSAGE_LIMIT, TRACEBACK_LIMIT, ItemWork
from sequences.run import Parameters
from tests.sequences.items.orders import item_order

Try = Callable[..., dict[str, Any]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "item.txt").write_text("content")
    return tmp_path / "item.txt"


@pytest.fixture
def work_on(tmp_path: Path) -> Any:
    """`work_on(function)`: begins to work by it; what it returns takes orders."""

    def begin(function: Callable[..., Any], told: list[Any] | None = None, **others: Any) -> Any:
        work = ItemWork(
            others.get("make", lambda: function),
            parameters=Parameters(threshold=5),
            subject="SN-7",
            saved={"offset": 3},
            folder=AttachmentFolder(tmp_path / "kept", limit_mb=1),
            max_pixels=100,
        )
        tell = (told if told is not None else []).append
        return lambda order: work.begin(tell)(order, tell)

    return begin


def without_time(ended: dict[str, Any]) -> dict[str, Any]:
    assert ended.pop("ms") >= 0
    return ended


def test_result_is_told(work_on: Any, file: Path):
    told: list[Any] = []

    def look(run: Any, item: Any) -> Any:
        run.stage("look")
        run.warn("careful")
        return {
            "length": len(item.read_bytes()),
            "sum": run.parameters.threshold + run.saved("offset"),
            "of": run.subject,
        }

    ended = without_time(work_on(look, told)(item_order(file, 4)))
    assert ended == {
        "index": 4,
        "ok": True,
        "final": True,
        "stage": "look",
        "result": {"length": 7, "sum": 8, "of": "SN-7"},
    }
    assert told == [{"stage": "look"}, {"log": "careful", "level": "WARNING", "origin": "sequence"}]


def test_bad_item_is_final_and_has_no_traceback(work_on: Any, file: Path):
    def look(run: Any, item: Any) -> None:
        run.stage("decode")
        raise BadItem("it is too dark")

    assert without_time(work_on(look)(item_order(file))) == {
        "index": 0,
        "ok": False,
        "final": True,
        "traceback": "",
        "stage": "decode",
        "category": "sequence",
        "exception": "BadItem",
        "message": "it is too dark",
    }


def fail_with(problem: BaseException) -> Callable[..., None]:
    def look(run: Any, item: Any) -> None:
        raise problem

    return look


@pytest.mark.parametrize(
    ("problem", "category", "message"),
    [
        (ValueError("odd"), "sequence", "odd"),
        (ValueError(), "sequence", "ValueError"),
        (OSError("the disk is gone"), "infrastructure", "the disk is gone"),
        (SystemExit(3), "sequence", "3"),
        (KeyboardInterrupt(), "sequence", "KeyboardInterrupt"),
        (ValueError("x" * 1_000_000), "sequence", "x" * MESSAGE_LIMIT),
        (BadItem("x" * 1_000_000), "sequence", "x" * MESSAGE_LIMIT),
    ],
)
def test_exception_is_told(work_on: Any, file: Path, problem: BaseException, category: str, message: str):
    ended = work_on(fail_with(problem))(item_order(file))
    assert (ended["ok"], ended["category"], ended["message"]) == (False, category, message)
    assert ended["final"] is isinstance(problem, BadItem)
    assert len(ended["traceback"]) <= TRACEBACK_LIMIT


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ({1, 2}, "the result of an item cannot be kept as JSON: Object of type set is not JSON serializable"),
        (
            float("nan"),
            "the result of an item cannot be kept as JSON: Out of range float values are not JSON compliant",
        ),
        ("x" * 16384, "the result of an item is larger than 16 KiB: keep it as a file"),
    ],
)
def test_result_that_cannot_be_kept_fails_the_item(work_on: Any, file: Path, result: Any, message: str):
    ended = work_on(lambda run, item: result)(item_order(file))
    assert (ended["ok"], ended["final"]) == (False, False)
    assert ended["message"].startswith(message)


def test_files_are_kept_and_listed(work_on: Any, file: Path, tmp_path: Path):
    def look(run: Any, item: Any) -> None:
        run.keep("mask.png", b"mask")
        run.keep("raw", b"mask", media_type="application/x-raw")

    first, second = work_on(look)(item_order(file))["files"]
    assert (first["name"], first["media_type"], first["size"]) == ("mask.png", "image/png", 4)
    assert (second["name"], second["media_type"], second["sha256"]) == ("raw", "application/x-raw", first["sha256"])
    assert (tmp_path / "kept" / first["sha256"]).read_bytes() == b"mask"


@pytest.mark.parametrize(
    ("keep", "exception"),
    [
        (lambda run: run.keep("../mask.png", b""), "ValueError"),
        (lambda run: [run.keep("mask.png", b""), run.keep("mask.png", b"")], "ValueError"),
        (lambda run: [run.keep(f"{number}", b"") for number in range(21)], "ValueError"),
        (lambda run: run.keep("mask", b"", media_type="picture" * 100_000), "ValueError"),
        (lambda run: run.keep("mask", b"x" * 1_100_000), "LimitExceeded"),
        (lambda run: run.log("x", level="LOUD"), "ValueError"),
    ],
)
def test_what_cannot_be_kept_fails_the_item(work_on: Any, file: Path, keep: Any, exception: str):
    ended = work_on(lambda run, item: keep(run) and None)(item_order(file))
    assert (ended["ok"], ended["exception"]) == (False, exception)


def test_file_that_is_another_one_or_gone_is_not_worked_on(work_on: Any, file: Path):
    seen: list[Any] = []
    work = work_on(lambda run, item: seen.append(item))
    order = item_order(file)
    file.write_text("more content")
    changed = work(order)
    file.unlink()
    gone = work(order)
    assert (changed["final"], changed["message"]) == (True, CHANGED)
    assert (gone["final"], gone["exception"], gone["category"]) == (False, "FileNotFoundError", "infrastructure")
    assert seen == []


def test_constructor_that_fails_is_tried_again_with_the_next_item(work_on: Any, file: Path):
    tries: list[int] = []

    def make() -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("no model")
        return lambda run, item: len(tries)

    told: list[Any] = []
    work = ItemWork(
        make, parameters=Parameters(), subject="", saved={}, folder=AttachmentFolder(file.parent), max_pixels=1
    ).begin(told.append)
    ended = [work(item_order(file), told.append) for _ in range(3)]
    assert [(each["ok"], each.get("message"), each.get("result")) for each in ended] == [
        (False, "no model", None),
        (True, None, 2),
        (True, None, 2),
    ]


class Storage(SimpleHTTPRequestHandler):
    """Gives out files, or the path's first part as a status."""

    def do_GET(self) -> None:
        status = self.path.split("?")[0].strip("/")
        if status.isdecimal():
            self.send_error(int(status))
        else:
            super().do_GET()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "storage").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Storage, directory=str(tmp_path / "storage")))
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return tmp_path / "temporary"


def at_url(file: Path, url: str, **others: Any) -> Any:
    order = dict(item_order(file, **others))
    del order["file"]
    return {**order, "url": url}


@pytest.fixture
def stored(tmp_path: Path, storage: str) -> Any:
    file = tmp_path / "storage" / "item.png"
    file.write_bytes(b"content" * 10_000)
    return at_url(file, f"{storage}/item.png?signature=secret")


def test_item_is_fetched_and_not_left_behind(
    work_on: Any, stored: Any, temporary: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    (temporary / f"gwanje-item-{os.getppid()}-of-one-that-was-killed").touch()
    ended = work_on(lambda run, item: [len(item.read_bytes()), item.file.suffix, len(list(temporary.iterdir()))])(
        stored
    )
    assert (ended["ok"], ended.get("result")) == (True, [70_000, ".png", 1])
    assert caplog.messages == []  # of httpx: they name the URL
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("others", [{"size": 5}, {"size": 80_000}, {"sha256": "0" * 64}])
def test_fetched_content_that_is_another_one_is_bad(work_on: Any, stored: Any, temporary: Path, others: Any):
    ended = work_on(lambda run, item: 1)({**stored, **others})
    assert (ended["final"], ended["message"]) == (True, CHANGED)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("status", [403, 404, 503])
def test_refusal_of_the_storage_is_told_without_the_signature(
    work_on: Any, stored: Any, storage: str, temporary: Path, status: int
):
    ended = work_on(lambda run, item: 1)({**stored, "url": f"{storage}/{status}?signature=secret"})
    assert (ended["final"], ended["category"]) == (False, "infrastructure")
    assert ended["message"] == f"it could not be fetched: its storage answered {status}"
    assert "signature" not in str(ended)
    assert list(temporary.iterdir()) == []


def test_storage_that_is_away_is_told(work_on: Any, stored: Any, temporary: Path):
    ended = work_on(lambda run, item: 1)({**stored, "url": "http://127.0.0.1:1/item.png?signature=secret"})
    assert (ended["category"], ended["exception"]) == ("infrastructure", "OSError")
    assert "Connection refused" in ended["message"] and "signature" not in str(ended)
    assert list(temporary.iterdir()) == []
