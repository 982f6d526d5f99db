"""What every page of the shell needs: the emergency stop button's token, the words of its scripts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of every template."""
    return {}
