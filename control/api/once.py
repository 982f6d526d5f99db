"""The header with which a request may be repeated without asking for the work twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from control.lifecycle.actor import Actor
from control.lifecycle.idempotency import HEADER, LONGEST_KEY, answer_once
from control.lifecycle.submit import Answer

KEY = OpenApiParameter(
    HEADER,
    str,
    "header",
    description=f"1 to {LONGEST_KEY} characters of your own: sent again within 24 hours, it is answered with the batch "
    "of the first time.",
)


def answer_to(request: Request, answer: Callable[[], Answer], *, by: Actor, content: Any = None) -> Answer:
    """What `answer` gives, once for each idempotency key. `content`: of a request whose body is no JSON."""
    key = request.headers.get(HEADER)
    if key is None:
        return answer()
    return answer_once(key, [request.path, request.data if content is None else content], answer, by=by)
