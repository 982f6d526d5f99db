"""The token of the emergency stop button: it says who has the page open, and works while sessions cannot be read."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.core import signing

# A page may stay open on a wall for days, and its button must work.
VALID_FOR = timedelta(days=30)
_SALT = "gwanje.emergency-stop"


def page_token(user: AbstractBaseUser) -> str:
    """Sign who sees this page. Only for users who may press the emergency stop."""
    return signing.dumps([user.pk, user.get_username()], salt=_SALT)


def read_page_token(token: str) -> tuple[int, str] | None:
    """The user's primary key and name, without a database; None for a token that is not ours or too old."""
    try:
        user_id, name = signing.loads(token, salt=_SALT, max_age=VALID_FOR)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return user_id, name
