"""One-time links: they let their holder in without a password, once, for ten minutes, on this host."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from datetime import timedelta

from django.contrib.auth.models import AbstractUser
from django.utils import timezone

from control.models import LoginLink

VALID_FOR = timedelta(minutes=10)


def create_login_link(user: AbstractUser) -> str:
    """Return the secret of a new link. It belongs behind the # of an address, which no server writes into its log."""
    secret = secrets.token_urlsafe(32)
    LoginLink.objects.create(user=user, digest=_digest(secret), expires_at=timezone.now() + VALID_FOR)
    return secret


def use_login_link(secret: str) -> AbstractUser | None:
    """The user whom the link lets in; None when it is unknown, used or expired. One conditional UPDATE decides."""
    now = timezone.now()
    mine = LoginLink.objects.filter(digest=_digest(secret), used_at=None, expires_at__gt=now, user__is_active=True)
    link = mine.select_related("user").first()
    if link is None or not mine.update(used_at=now):
        return None
    return link.user


def is_loopback(host: str) -> bool:
    """Whether only this host itself reaches it: where such links work."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
