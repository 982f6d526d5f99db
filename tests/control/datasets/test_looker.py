"""What a file is, decided by its content."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image

from control.datasets import looker as looking
from control.datasets.looker import HEAD, Looker, Seen
from tests.control.datasets.pictures import bomb, picture
from tests.installations import descendants

See = Callable[[str, bytes], Seen]


@pytest.fixture(scope="module")
def looker() -> Iterator[Looker]:
    with Looker() as opened:
        yield opened


@pytest.fixture
def see(looker: Looker, tmp_path: Path) -> See:
    def look(name: str, content: bytes) -> Seen:
        file = tmp_path / "file"
        file.write_bytes(content)
        with file.open("rb") as opened:
            return looker.look(name, content[:HEAD], opened.fileno(), tmp_path / "0.jpg")

    return look


@pytest.mark.parametrize(
    ("kind", "mode", "media_type"),
    [
        ("JPEG", "RGB", "image/jpeg"),
        ("JPEG", "CMYK", "image/jpeg"),
        ("PNG", "RGBA", "image/png"),
        ("PNG", "I;16", "image/png"),
        ("GIF", "P", "image/gif"),
        ("BMP", "RGB", "image/bmp"),
        ("TIFF", "F", "image/tiff"),
        ("WEBP", "RGB", "image/webp"),
    ],
)
def test_picture_of_any_kind_gets_a_small_jpeg(see: See, tmp_path: Path, kind: str, mode: str, media_type: str):
    assert see("a", picture(400, 300, kind, mode)) == Seen(media_type, 400, 300, thumbnail=True)
    with Image.open(tmp_path / "0.jpg") as small:
        assert (small.format, small.mode, small.size) == ("JPEG", "RGB", (160, 120))


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("notes.txt", "온도 21.5\n".encode(), "text/plain"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "text/plain"),
        ("report.pdf", b"%PDF-1.7\n", "application/pdf"),
        ("data", bytes(range(256)), "application/octet-stream"),
        ("car", b"BMW is no bitmap", "text/plain"),
        ("long.txt", "가".encode() * 300, "text/plain"),
    ],
)
def test_what_is_no_picture_has_no_problem(see: See, name: str, content: bytes, media_type: str):
    assert see(name, content) == Seen(media_type)


def test_text_that_is_named_a_picture_is_told(see: See):
    said = "Its name says image/jpeg, but its content is no image that can be read."
    assert see("renamed.jpg", b"I am text") == Seen("text/plain", problem=said)


def test_empty_file_is_told(see: See):
    assert see("empty.png", b"") == Seen("", problem="It is empty.")


def test_cut_picture_is_told_with_its_size(see: See, tmp_path: Path):
    whole = picture()
    seen = see("cut.jpg", whole[: len(whole) // 2])
    assert (seen.media_type, seen.width, seen.height, seen.thumbnail) == ("image/jpeg", 400, 300, False)
    assert seen.problem.startswith("It cannot be decoded: OSError: image file is truncated")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_bomb_is_told_without_being_decoded(see: See):
    seen = see("bomb.png", bomb())
    assert seen.problem == "It has 20000 × 10000 pixels; at most 100,000,000 are decoded."


def test_next_one_is_looked_at_after_one_that_ended_the_process(see: See, looker: Looker):
    see("first.png", picture(kind="PNG"))
    os.kill(child_of(looker), signal.SIGSEGV)
    seen = see("poison.png", picture(kind="PNG"))
    assert seen == Seen("image/png", problem="Decoding it ended the process: SIGSEGV.")
    assert see("next.png", picture(kind="PNG")).thumbnail


def test_one_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(looking, "TIMEOUT_S", 30.0)
    content = picture(kind="PNG")
    (tmp_path / "file").write_bytes(content)
    with Looker() as looker, (tmp_path / "file").open("rb") as file:
        looker.look("a", content, file.fileno(), tmp_path / "0.jpg")
        child = child_of(looker)
        looker._child._line.settimeout(0.2)
        os.kill(child, signal.SIGSTOP)
        seen = looker.look("a", content, file.fileno(), tmp_path / "1.jpg")
    assert seen.problem == "Decoding it takes longer than 30 seconds."
    assert child not in descendants()


def test_limit_of_pixels_is_that_of_the_settings(see: See, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "DATASET_MAX_PIXELS", 100)
    assert see("a.png", picture(20, 20, "PNG")).problem == "It has 20 × 20 pixels; at most 100 are decoded."


def child_of(looker: Looker) -> int:
    return looker._child._process.pid
