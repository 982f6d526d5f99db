"""Modules of a page, run in the system's Chromium without any server: their files come from the disk.

The browser is driven by a process of its own, because whoever drives one has an event loop, in which Django refuses
to ask its database.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

STATIC = Path(__file__).resolve().parents[3] / "static" / "control"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><body>{blocks}</body></html>'
DRIVER = """
import json, sys
from pathlib import Path
from playwright.sync_api import sync_playwright

asked = json.load(sys.stdin)

def answer(route):
    name = route.request.url.rpartition("/")[2]
    if name.endswith(".js"):
        text = (Path(asked["static"]) / name).read_text()
        return route.fulfill(body=text, content_type="text/javascript; charset=utf-8")
    route.fulfill(body=asked["page"], content_type="text/html; charset=utf-8")

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=asked["chromium"], args=["--no-sandbox", "--disable-gpu"])
    page = browser.new_page()
    page.route("**/*", answer)
    page.goto("http://gwanje.test/")
    print(json.dumps(page.evaluate(asked["script"], asked["argument"])))
    browser.close()
"""


def evaluate(config: pytest.Config, script: str, argument: Any = None, **blocks: Any) -> Any:
    """What an async JavaScript function returns for `argument`. It imports modules as "/batch_reducer.js".

    `blocks`: data blocks of the page. Without a Chromium the test is skipped, or fails where one is required.
    """
    if CHROMIUM is None:
        reason = "no Chromium on this machine; install one (Debian, Ubuntu: apt install chromium)"
        if config.getoption("--require-browser", False):
            pytest.fail(reason)
        pytest.skip(reason)
    shown = "".join(
        f'<script type="application/json" id="{name}">{json.dumps(it)}</script>' for name, it in blocks.items()
    )
    asked = {"chromium": CHROMIUM, "static": str(STATIC), "page": PAGE.format(blocks=shown), "script": script}
    given = json.dumps({**asked, "argument": argument})
    done = subprocess.run([sys.executable, "-c", DRIVER], input=given, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
