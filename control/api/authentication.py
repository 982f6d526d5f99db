"""Who asks: the holder of a key, else whoever is logged in in this browser."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.utils.translation import gettext as _
from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from control.access.keys import KeyHolder, find_key

SCHEME = "Bearer"


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer KEY`. A key that is not valid is refused, also where somebody is logged in.

    `note_use=False` writes nothing: for emergency stops, which wait for no database.
    """

    def __init__(self, *, note_use: bool = True) -> None:
        self.note_use = note_use

    def authenticate(self, request: Request) -> tuple[AbstractUser, KeyHolder] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "").strip()
        if not header:
            return None
        scheme, _space, text = header.partition(" ")
        if scheme.lower() != SCHEME.lower():
            raise AuthenticationFailed(_("Only keys are accepted here: Authorization: Bearer KEY."))
        holder = find_key(text.strip(), note_use=self.note_use)
        if holder is None:
            raise AuthenticationFailed(_("The key is unknown, revoked or expired, or its user is not active."))
        return holder.user, holder

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class LoginAuthentication(SessionAuthentication):
    """Whoever is logged in in this browser; what changes something also takes the token of a page."""

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise PermissionDenied(
                _("The CSRF token is missing or out of date. Send it in the header X-CSRFToken, or use a key.")
            ) from error


class LoginScheme(SessionScheme):
    """How the schema speaks of a login."""

    target_class = LoginAuthentication
    priority = 0


class KeyScheme(OpenApiAuthenticationExtension):
    """How the schema speaks of keys."""

    target_class = KeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A key from `manage.py create_api_key USER --name NAME`.",
        }
