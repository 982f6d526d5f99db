"""Modules of a page, run in the system's Chromium without any server: their files come from the disk.

The browser is driven by a process of its own, because whoever drives one has an event loop, in which Django refuses
to ask its database.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import chromium

STATIC = Path(__file__).resolve().parents[3] / "static" / "control"
PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><body>{blocks}</body></html>'
DRIVER = """
import json, sys
from pathlib import Path
from playwright.sync_api import Error, sync_playwright

def answer(route):
    name = route.request.url.rpartition("/")[2]
    if name.endswith(".js"):
        text = (Path(asked["static"]) / name).read_text()
        return route.fulfill(body=text, content_type="text/javascript; charset=utf-8")
    route.fulfill(body=asked["page"], content_type="text/html; charset=utf-8")

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=sys.argv[1], args=["--no-sandbox", "--disable-gpu"])
    for line in sys.stdin:
        asked = json.loads(line)
        page = browser.new_page()
        page.route("**/*", answer)
        try:
            page.goto("http://gwanje.test/")
            told = {"value": page.evaluate(asked["script"], asked["argument"])}
        except Error as error:
            told = {"problem": str(error)}
        page.context.close()
        print(json.dumps(told), flush=True)
    browser.close()
"""


@cache
def driver(path: str) -> subprocess.Popen[str]:
    """One browser for all tests of a process; every evaluation has a profile of its own."""
    command = [sys.executable, "-c", DRIVER, path]
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(started.communicate)
    return started


def evaluate(config: pytest.Config, script: str, argument: Any = None, **blocks: Any) -> Any:
    """What an async JavaScript function returns for `argument`. It imports modules as "/batch_reducer.js".

    `blocks`: data blocks of the page. Without a Chromium the test is skipped, or fails where one is required.
    """
    running = driver(chromium(config))
    shown = "".join(
        f'<script type="application/json" id="{name}">{json.dumps(it)}</script>' for name, it in blocks.items()
    )
    asked = {"static": str(STATIC), "page": PAGE.format(blocks=shown), "script": script, "argument": argument}
    assert running.stdin is not None and running.stdout is not None
    running.stdin.write(json.dumps(asked) + "\n")
    running.stdin.flush()
    told = json.loads(running.stdout.readline())
    assert "problem" not in told, told["problem"]
    return told["value"]
