"""Files from a real runner to a real script: each once, whole, and over the death of whoever imports them."""

from __future__ import annotations

import hashlib
import signal
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.installations import wait_until
from tests.system.running_station import RunningStation
from tests.web.api_client import Api

COUNT = 40


def rows(api: Api, batch: str) -> list[dict[str, Any]]:
    page = api.get(f"/api/control/batches/{batch}/attachments/?limit=30")
    found = page["results"]
    while page["next"]:
        page = api.get(page["next"])
        found += page["results"]
    return found


def content_of(api: Api, file: dict[str, Any]) -> bytes:
    with urlopen(Request(file["url"], headers={"Authorization": f"Bearer {api.key}"}), timeout=30) as answer:
        content: bytes = answer.read()
        assert answer.headers["Content-Length"] == str(len(content))
        return content


@pytest.mark.any_database
def test_every_file_is_there_once_though_supervisors_die(station: RunningStation, api: Api) -> None:
    status, batch = api.post("/api/control/batches/", {"sequence": "collector", "parameters": {"count": COUNT}})
    assert status == 201, batch
    for before in (5, 15):
        wait_until(lambda before=before: len(rows(api, batch["id"])) > before, 30, "some files")
        station.kill("supervisor", signal.SIGKILL, api.get(f"/api/control/batches/{batch['id']}/")["slot"])
    assert api.until(batch["id"], "COMPLETED")["outcome"] == "PASS"
    found = rows(api, batch["id"])
    assert sorted((file["step"], file["name"]) for file in found) == [
        (step, name) for step in range(COUNT) for name in ("number.txt", "same.txt")
    ]
    contents = {content_of(api, file): file for file in found[:10]}
    assert {hashlib.sha256(content).hexdigest() for content in contents} == {file["sha256"] for file in found[:10]}
    folder = station.installation.paths.attachments_of(batch["id"])
    assert len(list(folder.iterdir())) == COUNT + 1
