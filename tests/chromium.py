"""The browser of the tests: the system's Chromium, or its lighter build without a window."""

from __future__ import annotations

import shutil

import pytest

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def chromium(config: pytest.Config) -> str:
    """Its path. Without one the test is skipped, or fails where one is required."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        reason = "no Chromium on this machine; install one (Debian, Ubuntu: apt install chromium-headless-shell)"
        if config.getoption("--require-browser", False):
            pytest.fail(reason)
        pytest.skip(reason)
    return path
