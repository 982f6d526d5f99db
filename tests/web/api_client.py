"""The API of an installation, as a script with a key sees it through a real web process."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.installations import FREE_PORTS, Installation, wait_until
from tests.people import add_key, add_user


class Api:
    """What a script with a key sees."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        port = next(FREE_PORTS)
        self.address = f"http://127.0.0.1:{port}"
        self.key = add_key(installation, add_user(installation, "anna", superuser=True))
        self.process = installation.start_web(port)
        wait_until(self._answers, 30, "the web process")

    def _answers(self) -> bool:
        try:
            return self.get("/api/health/")["status"] == "ok"
        except OSError:
            return False

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        address = path if path.startswith("http") else f"{self.address}{path}"
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        try:
            with urlopen(Request(address, data, headers, method=method), timeout=30) as answer:
                return answer.status, json.load(answer)
        except HTTPError as error:
            with error:
                return error.code, json.load(error)

    def get(self, path: str) -> Any:
        return self.ask("GET", path)[1]

    def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        return self.ask("POST", path, body)

    def until(self, batch: str, *states: str) -> dict[str, Any]:
        path = f"/api/control/batches/{batch}/"
        return wait_until(lambda: (found := self.get(path))["state"] in states and found, 30, f"a batch {states}")
