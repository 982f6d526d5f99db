"""People of an installation, their keys and their sessions, without a process that would make them."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.sessions.backends.db import SessionStore
from uuid_utils.compat import uuid7

from tests.installations import Installation

BEGINNING, END = "2026-01-01 00:00:00+00:00", "2099-01-01 00:00:00+00:00"


def add_user(installation: Installation, name: str, *roles: str, password: str = "", superuser: bool = False) -> int:
    """A user, without a password if none is given; the id."""
    kept = PBKDF2PasswordHasher().encode(password, salt="tests", iterations=1) if password else "!"
    texts = {"username": name, "password": kept, "first_name": "", "last_name": "", "email": ""}
    rights = {"is_superuser": superuser, "is_staff": superuser, "is_active": True}
    user = _insert(installation, "auth_user", **texts, **rights, date_joined=BEGINNING)
    for role, group in installation.query("SELECT name, id FROM auth_group"):
        if role in roles:
            _insert(installation, "auth_user_groups", user_id=user, group_id=group)
    return user


def add_key(installation: Installation, user: int) -> str:
    """An API key of the user, with all of their rights."""
    key = f"gwanje_{secrets.token_urlsafe(32)}"
    known = {"shown": key[:13], "digest": hashlib.sha256(key.encode()).hexdigest(), "scopes": "[]"}
    _insert(installation, "control_apikey", id=uuid7().hex, user_id=user, name="tests", created_at=BEGINNING, **known)
    return key


def add_session(installation: Installation, user: int) -> dict[str, Any]:
    """The cookie of a user without a password after a login. The installation has to be started with `secret_key()`."""
    from django.contrib.auth.models import User  # noqa: PLC0415  (not where tests are only handed out)

    known = User(pk=user, password="!")
    store = SessionStore()
    data = store.encode(
        {
            SESSION_KEY: str(user),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: known.get_session_auth_hash(),
        }
    )
    key = secrets.token_hex(16)
    _insert(installation, "django_session", "session_key", session_key=key, session_data=data, expire_date=END)
    return {"name": settings.SESSION_COOKIE_NAME, "value": key, "domain": "127.0.0.1", "path": "/"}


def secret_key() -> str:
    """By which the tests sign sessions."""
    return str(settings.SECRET_KEY)


def _insert(installation: Installation, table: str, key: str = "id", **row: Any) -> Any:
    """Returns the key of the new row."""
    mark = "?" if installation.database_url.startswith("sqlite") else "%s"
    marks = ", ".join([mark] * len(row))
    with installation.connection() as connection:
        sql = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks}) RETURNING {key}"
        return connection.execute(sql, list(row.values())).fetchone()[0]
