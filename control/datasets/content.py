"""What stands for the content of a dataset."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

Described = tuple[str, int, str]  # path, bytes, sha256 of a file


def content_sha256(files: Iterable[Described]) -> str:
    """The sha256 over path, size and sha256 of files in the order of their paths."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(json.dumps(file).encode() + b"\n")
    return digest.hexdigest()
