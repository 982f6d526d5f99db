"""Bodies of files, read part by part."""

from __future__ import annotations

import random
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis.strategies import binary, integers, lists, sampled_from, tuples
from rest_framework.exceptions import ParseError, ValidationError

from control.api import multipart
from control.api.multipart import Part, read_fields, read_parts
from control.api.problems import ApiProblem

BOUNDARY = "----x"


def body_of(*parts: tuple[str, str | None, bytes], end: bytes = b"------x--\r\n") -> bytes:
    def one(name: str, file: str | None, content: bytes) -> bytes:
        named = f'; filename="{file}"' if file is not None else ""
        return f'------x\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + content + b"\r\n"

    return b"".join(one(*part) for part in parts) + end


class Dripping(BytesIO):
    """Gives a few bytes at a time."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size or 1, random.randint(1, 7)))


def request_of(body: bytes, kind: str = f"multipart/form-data; boundary={BOUNDARY}", stream: Any = BytesIO) -> Any:
    return SimpleNamespace(content_type=kind, stream=stream(body))


def read(body: bytes, **more: Any) -> list[tuple[str, str | None, bytes]]:
    return [(part.name, part.file, b"".join(part.blocks)) for part in read_parts(request_of(body, **more))]


PARTS = lists(
    tuples(
        sampled_from(["files", "name"]),
        sampled_from([None, "a.jpg", "sub/관제.png", "../up", "/abs"]),
        binary() | sampled_from([b"\r\n", b"\r\n--", b"\r\n------", b"------x", b"\r\n------y", b"-" * 300]),
    )
)


@given(parts=PARTS, seed=integers(0, 99))
@settings(max_examples=80, deadline=None, derandomize=True, database=None)
def test_every_part_comes_out_as_it_went_in(parts: list[Any], seed: int):
    random.seed(seed)
    known = [part for part in parts if b"\r\n------x" not in b"\r\n" + part[2]]
    assert read(body_of(*known), stream=Dripping) == known


def test_part_larger_than_a_block_is_given_in_blocks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(multipart, "BLOCK", 1000)
    (part,) = (list(part.blocks) for part in read_parts(request_of(body_of(("files", "a", bytes(10_000))))))
    assert (sum(map(len, part)), max(map(len, part)) <= 1100) == (10_000, True)


def test_what_nobody_reads_of_a_part_is_skipped():
    parts = read_parts(request_of(body_of(("files", "a", b"1" * 999), ("files", "b", b"2"))))
    assert [part.file for part in parts] == ["a", "b"]


def test_folders_stay_in_the_name():
    assert read(body_of(("files", "a/../b.jpg", b""))) == [("files", "a/../b.jpg", b"")]


def test_name_that_is_no_text_is_one_that_no_file_has():
    body = body_of(("files", "NAME", b"")).replace(b"NAME", b"caf\xe9")
    assert [name for _, name, _ in read(body)] == ["caf\ufffd"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"------x",
        b"------x\r\nContent-Disposition: form-data; name=a\r\n\r\nhalf a fi",
        body_of(("files", "a", b"1"), end=b""),
        body_of(("files", "a", b"1"), end=b"------x"),
        b"------x\r\n\r\nno header\r\n------x--",
        b"------x\r\nContent-Disposition: form-data\r\n\r\nno name\r\n------x--",
        b"------x and more\r\n",
        b"------x\r\n" + b"X: y\r\n" * 10_000,
        body_of(("a", "b", b"YQ==")).replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"),
    ],
)
def test_torn_or_wrong_body_is_refused(body: bytes):
    with pytest.raises(ParseError):
        read(body)


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", f"multipart/form-data; boundary={'x' * 201}"]
)
def test_body_without_a_boundary_is_refused(kind: str):
    with pytest.raises(ParseError, match="no boundary"):
        read(b"", kind=kind)


def test_other_kind_of_body_is_refused():
    with pytest.raises(ApiProblem) as refused:
        read(b"{}", kind="application/json")
    assert refused.value.status_code == 415


def fields_of(*parts: tuple[str, str | None, bytes]) -> tuple[dict[str, str], list[Part]]:
    fields, files = read_fields(read_parts(request_of(body_of(*parts))), ("name",))
    return fields, list(files)


def test_fields_are_read_before_the_files():
    fields, files = fields_of(("name", None, "관제".encode()), ("files", "a", b"1"), ("files", "b", b"2"))
    assert (fields, [part.file for part in files]) == ({"name": "관제"}, ["a", "b"])


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([("nmae", None, b"x")], "nmae"),
        ([("name", None, b"\xff")], "name"),
        ([("name", None, b"x" * 70_000)], "name"),
        ([("files", "a", b"1"), ("name", None, b"x")], "name"),
        ([("file", "a", b"1")], "file"),
    ],
)
def test_field_that_is_wrong_is_named(parts: list[Any], field: str):
    with pytest.raises(ValidationError) as refused:
        fields_of(*parts)
    assert list(refused.value.detail) == [field]


def test_more_files_than_a_request_may_bring_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(multipart.settings, "DATASET_MAX_FILES_PER_REQUEST", 2)
    with pytest.raises(ApiProblem, match="GWANJE_DATASET_MAX_FILES_PER_REQUEST"):
        fields_of(*[("files", str(number), b"") for number in range(3)])
