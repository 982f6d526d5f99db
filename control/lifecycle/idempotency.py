"""A submit that its sender may repeat: a word of his own, and the batch that answered it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from control.lifecycle.actor import Actor
from control.lifecycle.refusals import BadValue, WrongState
from control.lifecycle.submit import Answer
from control.models import IdempotencyKey

HEADER = "Idempotency-Key"
LONGEST_KEY = 200
KEPT_FOR = timedelta(hours=24)
TRIES = 3


def answer_once(key: str, request: Any, answer: Callable[[], Answer], *, by: Actor) -> Answer:
    """What `answer` gives; to who sends the same word once more within 24 hours, the batch of the first time.

    `request`: JSON, which has to be the same again. Whatever is refused is not kept: it may be sent again. Raises
    BadValue for what is no key, WrongState for another request, and what `answer` raises.
    """
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        sentence = _("An idempotency key has 1 to %(longest)d characters of ASCII. A random UUID is a good one.")
        raise BadValue(sentence % {"longest": LONGEST_KEY}, field=HEADER)
    mine = {"caller": _caller(by), "key": key}
    sha256 = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
    for tries_left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                return _first_answer(mine, sha256) or _keep(answer(), mine, sha256)
        except IntegrityError:  # the same word came twice at once: what the other one began has been written by now
            if not tries_left:
                raise
    raise AssertionError("the last try returns or raises")


def remove_old_keys() -> int:
    """Delete what nobody can repeat any more; return how many."""
    removed, _each = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    return removed


def _first_answer(mine: dict[str, str], sha256: str) -> Answer | None:
    kept = IdempotencyKey.objects.filter(**mine).select_related("batch").first()
    if kept is None:
        return None
    if kept.created_at < timezone.now() - KEPT_FOR:
        kept.delete()
        return None
    if kept.request_sha256 != sha256:
        sentence = _("This idempotency key was sent with another request, which began batch %(id)s. Use a new key.")
        raise WrongState(sentence % {"id": kept.batch_id})
    return Answer(kept.batch, existing=True)


def _keep(answer: Answer, mine: dict[str, str], sha256: str) -> Answer:
    IdempotencyKey.objects.create(**mine, request_sha256=sha256, batch=answer.batch)
    return answer


def _caller(by: Actor) -> str:
    """Whoever it is, also once somebody else has his name: users by number, with the name of their key."""
    return f"{by.user.pk if by.user else '-'} {by.name}"
