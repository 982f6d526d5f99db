"""Paths that files of a dataset may have."""

from __future__ import annotations

import pytest

from control.datasets.names import WrongPath, check_path


@pytest.mark.parametrize("path", ["a.jpg", "a/b/c.png", "관제/사진 1.jpg", "..a", "a..", ".hidden", "a\\b", "x" * 255])
def test_path_below_the_dataset_is_kept_as_it_is(path: str):
    assert check_path(path) == path


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "no name"),
        ("/etc/passwd", "absolute"),
        ("C:\\pictures\\a.jpg", "absolute"),
        ("\\\\host\\share", "absolute"),
        ("../a.jpg", "'..'"),
        ("a/../../b", "'..'"),
        ("..", "'..'"),
        ("a//b", "empty part"),
        ("a/", "empty part"),
        ("./a", "empty part"),
        ("a\0b", "no name has"),
        ("a\nb", "no name has"),
        ("a\ud800", "no name has"),
        ("caf\ufffd", "no name has"),
        ("x" * 256, "too long"),
        ("관" * 90, "too long"),
        ("/".join(["x" * 200] * 6), "too long"),
    ],
)
def test_other_path_is_refused_with_the_reason(path: str, why: str):
    with pytest.raises(WrongPath) as refused:
        check_path(path)
    assert str(refused.value).count(why) == 1
