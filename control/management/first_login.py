"""The first login of an installation: made once, its password shown once. The database decides whether it is needed."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction

NAME = "admin"
# Without letters that look alike; 4 × 4 of 31 are 79 bits.
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


class FirstLogin:
    """Looks for a superuser, and makes one where there is none.

    Hashing a password takes half a second by design, so it runs beside whatever the caller does until it asks for
    `user`. `password` is empty unless a login has just been made.
    """

    def __init__(self) -> None:
        self._known = _first_superuser()
        self.password = "" if self._known else new_password()
        if not self._known:
            thread = ThreadPoolExecutor(1)
            self._hash = thread.submit(make_password, self.password)
            thread.shutdown(wait=False)

    @cached_property
    def user(self) -> AbstractUser | None:
        """The first superuser, made now if needed.

        None where the name is taken by somebody who is no superuser, or no longer active: that is for people to solve.
        """
        if self._known:
            return self._known
        try:
            with transaction.atomic():
                users = get_user_model().objects
                return users.create(username=NAME, password=self._hash.result(), is_staff=True, is_superuser=True)
        except IntegrityError:
            self.password = ""
            return _first_superuser()  # of another process that was faster


def new_password() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))


def _first_superuser() -> AbstractUser | None:
    return get_user_model().objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
