"""Failures that are alike: they are counted together."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any


def fingerprint(failure: Mapping[str, Any]) -> str:
    """Return the same short word for failures that are alike: same exception, same message but for its numbers."""
    alike = re.sub(r"\d+", "0", f"{failure['category']}|{failure['exception']}|{failure['message']}")
    return hashlib.sha1(alike.encode()).hexdigest()[:16]
