"""Datasets over the API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from control.access.rights import Role
from control.api.datasets import DatasetFacts, DatasetStatus, FileFacts
from control.datasets import places
from control.models import ControlEvent, Dataset
from stations.models import Station
from tests.control.api.callers import Caller, logged_in, with_key
from tests.control.datasets.pictures import picture
from tests.control.lifecycle.datasets.filled import ready, station_here, uploaded, working_on
from tests.rows import dataset_row

pytestmark = pytest.mark.django_db

ALL = "/api/datasets/"
BOUNDARY = "----of-a-test"
MULTIPART_CONTENT = f"multipart/form-data; boundary={BOUNDARY}"
State = Dataset.State


@pytest.fixture(autouse=True)
def station(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with station_here(monkeypatch) as found:
        yield found


@pytest.fixture
def caller() -> Caller:
    return with_key(Role.OPERATOR)


def multipart(fields: dict[str, str], files: dict[str, bytes]) -> bytes:
    """As curl sends it."""
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    for name, content in files.items():
        parts.append(f'Content-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode() + content)
    return b"".join(f"--{BOUNDARY}\r\n".encode() + part + b"\r\n" for part in parts) + f"--{BOUNDARY}--\r\n".encode()


def send(caller: Caller, path: str, files: dict[str, bytes], **fields: str) -> Any:
    return caller.post(path, multipart(fields, files), content_type=MULTIPART_CONTENT)


def content_of(answer: Any) -> bytes:
    async def whole() -> bytes:
        return b"".join([block async for block in answer])

    return async_to_sync(whole)()


def one(dataset: Dataset, more: str = "") -> str:
    return f"{ALL}{dataset.pk}/{more}"


def stored(dataset_id: str) -> dict[str, bytes]:
    top = places.all_datasets() / dataset_id / "files"
    return {str(file.relative_to(top)): file.read_bytes() for file in top.rglob("*") if file.is_file()}


def test_upload_is_made_filled_and_completed(caller: Caller):
    made = caller.send(ALL, {"name": "tiles", "reason": "nightly set"})
    facts = made.json()
    assert (made.status_code, caller.get(made.headers["Location"]).json()) == (201, facts)
    assert (sorted(facts), facts["state"]) == (sorted(DatasetFacts().fields), "RECEIVING")
    answer = send(caller, f"{ALL}{facts['id']}/files/", {"a.jpg": b"1", "sub/관제.jpg": b"22"})
    assert answer.json() == {"files": 2, "bytes": 3, "already": 0, "refused": []}
    assert stored(facts["id"]) == {"a.jpg": b"1", "sub/관제.jpg": b"22"}
    done = caller.send(f"{ALL}{facts['id']}/complete/")
    assert (done.status_code, done.json()["state"], done.json()["total_files"]) == (202, "READING", 2)
    assert ControlEvent.objects.filter(face="API", reason="nightly set").count() == 1


def test_upload_of_one_request_is_complete_at_once(caller: Caller):
    answer = send(caller, ALL, {f"{number}.txt": b"x" for number in range(250)}, name="tiles")
    facts = answer.json()
    assert (answer.status_code, facts["name"], facts["state"], facts["total_files"]) == (201, "tiles", "READING", 250)
    assert len(stored(facts["id"])) == 250


def test_upload_of_one_request_is_whole_or_not_at_all(caller: Caller):
    answer = send(caller, ALL, {"a": b"1", "../b": b"2"}, name="tiles")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["files"])
    assert answer.json()["errors"]["files"] == ["../b: Its name leads out of the dataset with '..'."]
    assert caller.get(ALL).json()["results"] == []


@pytest.mark.parametrize(
    ("fields", "files", "status"),
    [({"nmae": "x"}, {"a": b"1"}, 400), ({}, {}, 400), ({"name": "x" * 201}, {"a": b"1"}, 400)],
)
def test_upload_of_one_request_that_is_wrong_leaves_nothing(caller: Caller, fields: Any, files: Any, status: int):
    assert send(caller, ALL, files, **fields).status_code == status
    assert caller.get(ALL).json()["results"] == []


def test_what_is_refused_is_named_and_the_rest_is_kept(caller: Caller):
    dataset = dataset_row(State.RECEIVING, 0)
    answer = send(caller, one(dataset, "files/"), {"/etc/passwd": b"x", "good": b"1", "a/../../b": b"x"})
    assert (answer.status_code, answer.json()["files"]) == (200, 1)
    assert [refused["path"] for refused in answer.json()["refused"]] == ["/etc/passwd", "a/../../b"]


def test_more_files_than_allowed_in_one_request_are_refused(caller: Caller, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "DATASET_MAX_FILES_PER_REQUEST", 3)
    dataset = dataset_row(State.RECEIVING, 0)
    answer = send(caller, one(dataset, "files/"), {str(number): b"" for number in range(4)})
    assert (answer.status_code, answer.json()["type"], stored(str(dataset.pk))) == (413, "urn:gwanje:too-large", {})


def test_torn_body_leaves_nothing(caller: Caller):
    dataset = dataset_row(State.RECEIVING, 0)
    body = multipart({}, {"a": b"1", "b": b"2" * 100})[:-60]
    answer = caller.post(one(dataset, "files/"), body, content_type=MULTIPART_CONTENT)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:gwanje:unreadable-body")
    assert stored(str(dataset.pk)) == {}


def test_files_as_json_are_told_how_they_are_sent(caller: Caller):
    answer = caller.send(one(dataset_row(State.RECEIVING, 0), "files/"), {"files": []})
    assert (answer.status_code, "multipart/form-data" in answer.json()["detail"]) == (415, True)


def test_browser_uploads_with_the_token_of_its_page():
    caller = logged_in(Role.OPERATOR, enforce_csrf_checks=True)
    dataset = dataset_row(State.RECEIVING, 0)
    assert send(caller, one(dataset, "files/"), {"a": b"1"}).status_code == 403
    assert stored(str(dataset.pk)) == {}
    caller.get("/control/")
    token = caller.cookies["gwanje_csrf"].value
    body = multipart({}, {str(number): b"1" for number in range(150)})
    headers = {"X-CSRFToken": token}
    answer = caller.post(one(dataset, "files/"), body, content_type=MULTIPART_CONTENT, headers=headers)
    assert (answer.status_code, answer.json()["files"]) == (200, 150)


def test_client_of_django_is_understood_too(caller: Caller):
    dataset = dataset_row(State.RECEIVING, 0)
    files = [SimpleUploadedFile("a.txt", b"hello"), SimpleUploadedFile("b.txt", b"")]
    assert caller.post(one(dataset, "files/"), {"files": files}).json()["files"] == 2


def test_folder_is_made_where_it_is_allowed(caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "DATASET_ROOTS", [tmp_path])
    answers = [caller.send(ALL, {"kind": "FOLDER", "location": location}) for location in (str(tmp_path), "/etc")]
    assert [answer.status_code for answer in answers] == [201, 400]
    assert (answers[0].json()["state"], list(answers[1].json()["errors"])) == ("READING", ["location"])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": 1}, "name"),
        ({"kind": "FTP"}, "kind"),
        ({"kind": "FOLDER"}, "location"),
        ({"location": "/etc"}, "location"),
        ({"kind": "BUCKET", "location": "x"}, "location"),
        ({"station": "mars"}, "station"),
        ({"files": []}, "files"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(caller: Caller, wrong: dict[str, Any], field: str):
    answer = caller.send(ALL, wrong)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_ready_dataset_tells_its_files(caller: Caller):
    content = picture()
    dataset = ready({"a.jpg": content, "bad.png": b""})
    facts = caller.get(one(dataset)).json()
    assert (facts["state"], facts["progress"], facts["bad_files"], len(facts["sha256"])) == ("READY", 1.0, 1, 64)
    good, bad = caller.get(one(dataset, "files/")).json()["results"]
    assert sorted(good) == sorted(FileFacts().fields)
    assert (good["path"], good["media_type"], good["width"], good["problem"]) == ("a.jpg", "image/jpeg", 400, "")
    assert (bad["problem"], bad["thumbnail"]) == ("It is empty.", None)
    assert caller.get(good["thumbnail"]).content[:3] == b"\xff\xd8\xff"


@pytest.mark.parametrize(("wanted", "paths"), [("true", ["b.png"]), ("false", ["a.txt"])])
def test_files_are_found_by_whether_they_have_a_problem(caller: Caller, wanted: str, paths: list[str]):
    dataset = ready({"a.txt": b"a", "b.png": b""})
    found = caller.get(one(dataset, f"files/?problem={wanted}")).json()["results"]
    assert [file["path"] for file in found] == paths


def test_other_word_than_true_and_false_is_refused(caller: Caller):
    assert caller.get(one(dataset_row(), "files/?problem=maybe")).status_code == 400


def test_original_is_a_download_whatever_it_is(caller: Caller):
    dataset = ready({"page.html": b"<script>alert(1)</script>", "관제.jpg": picture()})
    answers = [caller.get(one(dataset, f"files/{index}/")) for index in (0, 1)]
    for answer, file in zip(answers, ("page.html", None), strict=True):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["Content-Security-Policy"].endswith("sandbox")
        assert file is None or content_of(answer) == b"<script>alert(1)</script>"
    assert answers[0].headers["Content-Type"] == "text/plain"


def test_file_that_became_a_link_is_not_given_out(caller: Caller):
    dataset = ready({"a.txt": b"hello"})
    file = places.uploads_of(dataset.pk) / "a.txt"
    file.unlink()
    file.symlink_to("/etc/passwd")
    answer = caller.get(one(dataset, "files/0/"))
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:gwanje:not-found")


def test_file_of_another_host_names_that_host(caller: Caller):
    dataset = ready({"a.txt": b"hello"})
    Station.objects.update(host="bench-pc")
    answer = caller.get(one(dataset, "files/0/"))
    assert (answer.status_code, "bench-pc" in answer.json()["detail"]) == (404, True)


@pytest.mark.parametrize("index", ["1", "4294967296", "99999999999999999999"])
def test_file_that_is_not_there_is_not_found(caller: Caller, index: str):
    dataset = dataset_row()
    assert [caller.get(one(dataset, f"files/{index}/{more}")).status_code for more in ("", "thumbnail/")] == [404] * 2


def test_status_is_what_the_dataset_tells(caller: Caller):
    dataset = uploaded({"a": b"1"})
    Dataset.objects.filter(pk=dataset.pk).update(total_files=4, read_files=1)
    status = caller.get(one(dataset, "status/")).json()
    assert (sorted(status), status["progress"]) == (sorted(DatasetStatus().fields), 0.25)


def test_dataset_is_read_again(caller: Caller):
    answer = caller.send(one(ready({"a": b"1"}), "read/"))
    assert (answer.status_code, answer.json()["state"]) == (202, "READING")


def test_deleted_dataset_is_in_no_list(caller: Caller):
    dataset = dataset_row()
    assert [caller.delete(one(dataset)).status_code for _ in range(2)] == [204, 404]
    assert caller.get(ALL).json()["results"] == []


def test_dataset_in_use_is_not_deleted(caller: Caller):
    dataset = dataset_row()
    working_on(dataset)
    answer = caller.delete(one(dataset))
    assert (answer.status_code, Dataset.objects.get().state) == (409, State.READY)


@pytest.mark.parametrize("rows", [1, 3])
def test_lists_cost_the_same_whatever_they_hold(rows: int, django_assert_num_queries: Callable[[int], Any]):
    caller = with_key(Role.VIEWER)
    datasets = [dataset_row(files=rows) for _ in range(rows)]
    with django_assert_num_queries(3):  # two of them for the key
        assert len(caller.get(ALL).json()["results"]) == rows
    with django_assert_num_queries(4):
        assert len(caller.get(one(datasets[0], "files/")).json()["results"]) == rows


def test_answers_are_json_that_anybody_reads(caller: Caller):
    assert json.loads(caller.get(ALL).content)["next"] is None
