"""Pictures of a package: known by their content, and never from outside its folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sequences.package_pictures import LARGEST, PictureError, read_picture

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    (folder / "pictures").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(PNG)
    return folder


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"GIF89arest", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
    ],
)
def test_a_picture_is_known_by_its_content(package: Path, content: bytes, kind: str):
    (package / "pictures" / "front").write_bytes(content)
    found = read_picture(package, "pictures/front")
    assert (found.type, found.content, found.sha256) == (kind, content, hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize("name", ["../secret.png", "pictures/../../secret.png", "link.png", "pictures", "", "\0"])
def test_nothing_outside_the_package_is_read(package: Path, name: str):
    (package / "link.png").symlink_to(package.parent / "secret.png")
    with pytest.raises(PictureError):
        read_picture(package, name)


def test_an_absolute_path_is_refused(package: Path):
    with pytest.raises(PictureError, match="is no file of the package"):
        read_picture(package, str(package.parent / "secret.png"))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"<svg onload='alert(1)'/>", "picture 'x.png' is no PNG, JPEG, WebP or GIF"),
        (PNG + b"\0" * LARGEST, "picture 'x.png' is larger than 2 MiB"),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused(package: Path, content: bytes, problem: str):
    (package / "x.png").write_bytes(content)
    with pytest.raises(PictureError, match=problem):
        read_picture(package, "x.png")
