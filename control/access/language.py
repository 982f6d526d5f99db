"""The language that a user has chosen: kept with the user, carried by a cookie."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpResponse

from control.models import Preference


def keep_language(user: AbstractBaseUser, language: str) -> None:
    """From now on this user's pages are in this language, on every browser that logs in."""
    Preference.objects.update_or_create(user=user, defaults={"language": language})


def give_language(response: HttpResponse, language: str) -> HttpResponse:
    """Let the browser ask for its next pages in this language."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def give_chosen_language(response: HttpResponse, user: AbstractBaseUser) -> HttpResponse:
    """At login: bring the language that the user has chosen on any browser to this one."""
    chosen = Preference.objects.filter(user=user).values_list("language", flat=True).first()
    return give_language(response, chosen) if chosen else response
