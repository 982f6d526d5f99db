"""Datasets of object storage, against a server that speaks S3."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from control.access.rights import Role
from control.datasets import access, buckets
from control.lifecycle.datasets.changes import NewDataset, create_dataset
from control.lifecycle.datasets.reading import read_dataset
from control.lifecycle.refusals import BadValue
from control.models import Dataset
from tests.control.api.callers import with_key
from tests.control.datasets.pictures import picture
from tests.control.lifecycle.datasets.filled import ready
from tests.control.pages.people import browser_of
from tests.rows import ANNA

boto3 = pytest.importorskip("boto3")
moto = pytest.importorskip("moto.server")

pytestmark = pytest.mark.any_database

Kind, State = Dataset.Kind, Dataset.State


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    known = {"ENDPOINT": address, "REGION": "us-east-1", "ACCESS_KEY": "key", "SECRET_KEY": "secret"}
    for name, value in known.items():
        monkeypatch.setattr(settings, f"S3_{name}", value)
    monkeypatch.setattr(settings, "DATASET_BUCKETS", ["photos"])
    session = boto3.Session(aws_access_key_id="key", aws_secret_access_key="secret", region_name="us-east-1")
    made = session.resource("s3", endpoint_url=address).Bucket("photos")
    made.create()
    yield made
    made.objects.delete()
    made.delete()


def of(location: str) -> Dataset:
    dataset = create_dataset(NewDataset("", Kind.BUCKET, location), by=ANNA)
    read_dataset(dataset.pk)
    dataset.refresh_from_db()
    return dataset


def test_objects_below_a_prefix_are_read(bucket: Any):
    files = {"set-1/a.png": picture(kind="PNG"), "set-1/sub/b.txt": b"hello", "set-10/c.txt": b"other"}
    for key, content in files.items():
        bucket.put_object(Key=key, Body=content)
    dataset = of("s3://photos/set-1/")
    assert (dataset.name, dataset.location, dataset.state, dataset.message) == (
        "set-1",
        "photos/set-1",
        State.READY,
        "",
    )
    assert [(row.path, row.media_type, row.thumbnail) for row in dataset.files.order_by("index")] == [
        ("a.png", "image/png", True),
        ("sub/b.txt", "text/plain", False),
    ]
    same = ready({"a.png": files["set-1/a.png"], "sub/b.txt": b"hello"})
    assert dataset.sha256 == same.sha256  # wherever the files lie


def test_client_is_made_once_and_not_for_each_file(bucket: Any):
    assert buckets.Bucket("photos/set-1").storage is buckets.Bucket("photos/set-2").storage


def test_object_is_read_at_a_presigned_address(bucket: Any):
    bucket.put_object(Key="a.txt", Body=b"hello")
    dataset = of("photos")
    place = access.place_of(dataset, dataset.files.get())
    with urllib.request.urlopen(place["url"], timeout=10) as answer:
        assert (answer.read(), access.is_reachable_here(dataset)) == (b"hello", True)
    original = with_key(Role.VIEWER).get(f"/api/datasets/{dataset.pk}/files/0/")
    assert (original.status_code, original.headers["Location"].startswith(settings.S3_ENDPOINT)) == (302, True)


def test_long_lists_are_read_in_pages_and_hidden_keys_left_out(bucket: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(buckets, "PAGE", 3)
    for key in (*(f"{number}.txt" for number in range(8)), ".hidden", "sub/.git/x", "folder/"):
        bucket.put_object(Key=key, Body=b"1")
    assert [row.path for row in of("photos").files.order_by("index")] == [f"{number}.txt" for number in range(8)]


def test_key_that_no_file_has_is_a_file_with_a_problem(bucket: Any):
    for key in ("good.txt", "a//b.txt"):
        bucket.put_object(Key=key, Body=b"1")
    found = {row.path: bool(row.problem) for row in of("photos").files.all()}
    assert found == {"good.txt": False, "a//b.txt": True}


def test_prefix_without_objects_and_bucket_that_is_not_there_cannot_be_read(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(settings, "DATASET_BUCKETS", ["photos", "gone"])
    assert [(found.state, bool(found.message)) for found in (of("photos/none"), of("gone"))] == [
        (State.FAILED, True)
    ] * 2


def test_missing_library_is_told_with_the_remedy(bucket: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(buckets, "_STORAGE", "storages.nothing.S3Storage")
    with pytest.raises(BadValue, match=r"pip install -r requirements-s3\.txt"):
        of("photos")


def test_page_offers_buckets_that_are_allowed(bucket: Any):

    assert "photos/…" in browser_of("operator").get("/control/datasets/").content.decode()
