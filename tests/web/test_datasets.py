"""Datasets from a real client to a real reader: uploaded with curl, read over the death of whoever reads."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.control.datasets.pictures import bomb, picture
from tests.installations import wait_until
from tests.system.running_station import RunningStation
from tests.web.api_client import Api

FILES = 600


def readers(station: RunningStation) -> list[int]:
    found = []
    for pid in station.installation.processes():
        with suppress(OSError):
            if b"read_dataset" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


def curl(api: Api, path: str, *arguments: str) -> Any:
    """What it answers. Its arguments come from a file: there are hundreds."""
    command = ["curl", "-sS", "-H", f"Authorization: Bearer {api.key}", *arguments, f"{api.address}{path}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


def status_of(api: Api, dataset: str) -> dict[str, Any]:
    return dict(api.get(f"/api/datasets/{dataset}/status/"))


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_what_curl_sends_is_read_though_readers_are_killed(station: RunningStation, api: Api, tmp_path: Path) -> None:
    config = tmp_path / "curl.conf"
    lines = ['form = "name=tiles"']
    for number in range(FILES):
        file = tmp_path / f"{number:03}.png"
        file.write_bytes(picture(40 + number, 30, "PNG"))
        lines.append(f'form = "files=@{file};filename=sub/{file.name}"')
    for name, content in {"empty.png": b"", "renamed.jpg": b"text", "bomb.png": bomb()}.items():
        (tmp_path / name).write_bytes(content)
        lines.append(f'form = "files=@{tmp_path / name}"')
    config.write_text("\n".join(lines))
    dataset = curl(api, "/api/datasets/", "-K", str(config))["id"]
    for before in (0, 100, 250):
        wait_until(lambda before=before: status_of(api, dataset)["read_files"] >= before, 60, "some files to be read")
        for pid in wait_until(lambda: readers(station), 20, "a reader"):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    wait_until(lambda: status_of(api, dataset)["state"] in ("READY", "FAILED"), 120, "the dataset")
    status = status_of(api, dataset)
    assert (status["state"], status["total_files"], status["read_files"], status["bad_files"]) == (
        "READY",
        FILES + 3,
        FILES + 3,
        3,
    )
    bad = api.get(f"/api/datasets/{dataset}/files/?problem=true")["results"]
    assert [file["path"] for file in bad] == ["bomb.png", "empty.png", "renamed.jpg"]
    rows = station.installation.query("SELECT COUNT(*), COUNT(DISTINCT path) FROM control_datasetfile")
    assert rows == [(FILES + 3, FILES + 3)]
