"""Callers of the API with the rights that a test asks for."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from control.access.keys import create_key
from control.access.rights import Right, Role
from control.models import ApiKey


class Caller(Client):
    """Speaks JSON."""

    def send(self, path: str, body: Any = None, method: str = "post", **more: Any) -> Any:
        given = body if body is not None else {}
        return getattr(self, method)(path, given, content_type="application/json", **more)


def make_user(*roles: Role, **more: Any) -> User:
    user = User.objects.create_user(f"user-{User.objects.count()}", **more)
    # Tests with real transactions empty the tables, also of what migrations wrote.
    user.groups.set([Group.objects.get_or_create(name=role)[0] for role in roles])
    return user


def with_key(*roles: Role, scopes: tuple[Right, ...] = (), **more: Any) -> Caller:
    """Somebody with a key, which was used a moment ago."""
    row, text = create_key(make_user(*roles), "ci", scopes=scopes)
    ApiKey.objects.filter(pk=row.pk).update(last_used_at=timezone.now())
    return Caller(headers={"authorization": f"Bearer {text}"}, **more)


def logged_in(*roles: Role, **more: Any) -> Caller:
    """Somebody in a browser."""
    caller = Caller(**more)
    caller.force_login(make_user(*roles))
    return caller
