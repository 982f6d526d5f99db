"""API keys: made once, shown once, kept as a hash; found, scoped, expired and revoked here."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractUser
from django.db.models import Q
from django.utils import timezone

from control.access.rights import Right, rights_of
from control.models import ApiKey

PREFIX = "gwanje_"
SHOWN = len(PREFIX) + 6  # characters of a key that lists may show
USED_AT_EVERY = timedelta(minutes=1)  # how exact `last_used_at` is: not every request is a write


@dataclass(frozen=True)
class KeyHolder:
    """A key in use: whose it is, and what may be done with it now."""

    key: ApiKey
    rights: frozenset[Right]

    @property
    def user(self) -> AbstractUser:
        return self.key.user


def create_key(
    user: AbstractUser, name: str, *, scopes: Collection[Right] = (), expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Return the row and the key itself, which nobody can read again. No scopes: all the rights of its user.

    256 random bits need no slow hash: nobody can try them.
    """
    text = PREFIX + secrets.token_urlsafe(32)
    row = ApiKey.objects.create(
        user=user,
        name=name,
        shown=text[:SHOWN],
        digest=_digest(text),
        scopes=sorted(map(str, scopes)),
        expires_at=expires_at,
    )
    return row, text


def idle_scopes(user: AbstractUser, scopes: Collection[str]) -> list[str]:
    """The scopes that open nothing, because the user has no such right."""
    return sorted(set(scopes) - rights_of(user))


def find_key(text: str, *, note_use: bool = True) -> KeyHolder | None:
    """The holder of a key that is valid now: known, not revoked, not expired, its user active; else None.

    `note_use=False` writes nothing: for what may not wait for whoever holds the database's lock.
    """
    holder = _holder(digest=_digest(text))
    if holder and note_use and _was_idle(holder.key):
        note_used([holder.key])
    return holder


def still_valid(holder: KeyHolder) -> KeyHolder | None:
    """The same key with its rights as they are now; None when it is no longer valid. For sockets that stay open.

    Writes nothing.
    """
    return _holder(pk=holder.key.pk)


def note_used(keys: Collection[ApiKey]) -> None:
    """They are in use now."""
    ApiKey.objects.filter(pk__in=[key.pk for key in keys]).update(last_used_at=timezone.now())


def revoke_key(key: ApiKey) -> None:
    """From now on nobody is let in by this key; open sockets notice within seconds."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())


def _was_idle(key: ApiKey) -> bool:
    return key.last_used_at is None or key.last_used_at < timezone.now() - USED_AT_EVERY


def _holder(**which: object) -> KeyHolder | None:
    alive = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    found = ApiKey.objects.filter(alive, revoked_at=None, user__is_active=True, **which).select_related("user")
    key = found.prefetch_related("user__groups").first()
    if key is None:
        return None
    rights = rights_of(key.user)
    return KeyHolder(key, rights & {Right(scope) for scope in key.scopes} if key.scopes else rights)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
