"""A whole installation with its pages: `manage.py start`, people who may log in, and somebody who submits batches."""

from __future__ import annotations

import json
import os
import re
import signal
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from stations.safety import client
from tests.installations import FREE_PORTS, HOUSE, Installation, wait_until
from tests.people import add_key, add_session, add_user, secret_key
from tests.system.witnesses import Bench, held_by

PACKAGES = HOUSE / "tests" / "browser" / "packages"
PEOPLE = {"viewer": "viewer", "operator": "operator", "engineer": "engineer", "administrator": "admin"}  # their roles


class WebStation:
    """Started, with one user per role (named like it) and a key of the engineer."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.port = next(FREE_PORTS)
        self.address = f"http://127.0.0.1:{self.port}"
        self.bench = Bench(installation)
        installation.environment["GWANJE_WORKERS"] = "2"
        installation.environment["GWANJE_SEQUENCE_DIRS"] = str(PACKAGES)
        installation.environment["GWANJE_SECRET_KEY"] = secret_key()
        add_user(installation, "admin", superuser=True)  # else the start would make the first login
        self.people = {name: add_user(installation, name, role) for name, role in PEOPLE.items()}
        self.key = add_key(installation, self.people["engineer"])

    def cookies(self, user: str) -> list[dict[str, Any]]:
        """Of a browser in which the user has logged in."""
        return [add_session(self.installation, self.people[user])]

    def start(self, *arguments: str) -> WebStation:
        self.process = self.installation.start("start", "--no-demo", "--port", str(self.port), *arguments)
        wait_until(self._answers, 60, "the web process")
        return self

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.installation.output(self.process)
        try:
            return self.get("/api/health/")["status"] == "ok"
        except OSError:
            return False

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=25)

    def get(self, path: str) -> Any:
        return self._ask(path, None)

    def post(self, path: str, **body: Any) -> Any:
        return self._ask(path, body)

    def _ask(self, path: str, body: dict[str, Any] | None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(self.address + path, data, headers), timeout=20) as answer:
            return json.load(answer)

    def upload(self, name: str, files: Mapping[str, bytes]) -> str:
        """A dataset of these files, once it is read; its id."""
        parts = [f'form-data; name="name"\r\n\r\n{name}'.encode()]
        parts += [f'form-data; name="files"; filename="{path}"\r\n\r\n'.encode() + files[path] for path in files]
        body = b"".join(b"--x-of-a-test\r\nContent-Disposition: " + part + b"\r\n" for part in parts)
        headers = {"Content-Type": "multipart/form-data; boundary=x-of-a-test", "Authorization": f"Bearer {self.key}"}
        request = urllib.request.Request(f"{self.address}/api/datasets/", body + b"--x-of-a-test--\r\n", headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            dataset = str(json.load(answer)["id"])
        wait_until(lambda: self.get(f"/api/datasets/{dataset}/status/")["state"] == "READY", 30, "the dataset")
        return dataset

    def submit(self, sequence: str = "board_test", **more: Any) -> str:
        """Submit as a script would; the id of the batch."""
        return str(self.post("/api/control/batches/", sequence=sequence, **more)["id"])

    def batch(self, batch: str) -> dict[str, Any]:
        return dict(self.get(f"/api/control/batches/{batch}/"))

    def wait_for(self, batch: str, *states: str, timeout_s: float = 30) -> dict[str, Any]:
        return dict(
            wait_until(
                lambda: (found := self.batch(batch))["state"] in states and found, timeout_s, f"{batch} {states}"
            )
        )

    def calm(self) -> None:
        """Nothing runs, nothing is latched: what the next test finds."""
        for state in ("QUEUED", "RUNNING", "PAUSED"):
            for batch in self.get(f"/api/control/batches/?state={state}")["results"]:
                self.post(f"/api/control/batches/{batch['id']}/emergency-stop/")
                self.wait_for(batch["id"], "ABORTED")
        self.post("/api/reset/", all=True, reason="test over")

    def pid_of_web(self) -> int:
        ours = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in self.installation.processes()}
        return next(pid for pid, command in ours.items() if b"web_server" in command)

    @contextmanager
    def silent_web(self) -> Iterator[None]:
        """The web process stands still: it takes connections and answers nothing."""
        pid = self.pid_of_web()
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def silent_guard(self, slot: str) -> Iterator[None]:
        """Nobody answers for a slot: its guard stands still, and those who would replace it, too."""
        guard = client.status(self.installation.paths, slot)
        assert guard is not None
        warden = held_by(self.installation.paths.warden_lock)
        assert warden is not None
        frozen = (self.process.pid, warden, guard["pid"])
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in frozen:
                with suppress(ProcessLookupError):  # whoever pressed has gone past it
                    os.kill(pid, signal.SIGCONT)

    def one_time_link(self) -> str:
        found = re.search(r"http://\S+/login-link/#\S+", self.installation.output(self.process))
        assert found, self.installation.output(self.process)
        return found[0]
