"""Pictures to measure, and what a step over items has found of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.photographs import photographs


@dataclass
class Found:
    """What became of an item."""

    index: int
    path: str = "a.jpg"
    result: Any = None
    error: str = ""
    size: int = 10
    side: str = "dataset"
    thumbnail: Path | None = None

    @property
    def ok(self) -> bool:
        return not self.error


@pytest.fixture(scope="session")
def photograph() -> Image.Image:
    """A cat, 451 × 300 pixels."""
    with Image.open(next(file for file in photographs() if file.stem == "chelsea")) as opened:
        return opened.convert("RGB")
