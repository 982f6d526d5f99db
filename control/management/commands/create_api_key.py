"""manage.py create_api_key USER --name NAME: a key for a script, printed once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from control.access.keys import create_key, idle_scopes
from control.access.rights import Right, rights_of
from control.durations import TAKES, parse_duration
from control.management.refusing import REFUSED, refusing
from control.models import ApiKey

SHOWN_USERS = 10


class Command(BaseCommand):
    requires_system_checks: list[str] = []
    help = "Make a key for a script. It is printed alone, once: nobody can read it again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="whose rights the key carries")
        parser.add_argument("--name", required=True, help="what it is for; the history shows it with the user's name")
        parser.add_argument(
            "--scope",
            action="append",
            default=[],
            help=f"may be given several times; default: all rights of the user. One of: {', '.join(Right.values)}",
        )
        parser.add_argument("--expires", metavar="TIME", help="for example 12h or 90d; default: never")

    def handle(self, *args: Any, **options: Any) -> None:
        with refusing():
            user = _user_named(options["user"])
            scopes = [_scope_named(word) for word in options["scope"]]
            name = _checked_name(options["name"])
            lifetime = _lifetime(options["expires"])
            expires_at = timezone.now() + lifetime if lifetime else None
            row, key = create_key(user, name, scopes=scopes, expires_at=expires_at)
        self.stdout.write(key)
        self.stdout.flush()
        what = ", ".join(row.scopes) or f"all rights of {user.get_username()}"
        until = f"until {timezone.localtime(expires_at):%Y-%m-%d %H:%M}" if expires_at else "never expires"
        self.stderr.write(f"Key '{name}' of {user.get_username()}: {what}, {until}. It is shown only this once.")
        self.stderr.write("Use it in a header, Authorization: Bearer KEY. Revoke it in the admin, under API keys.")
        if warning := _warning(user, scopes):
            self.stderr.write(f"Attention: {warning}")


def _warning(user: AbstractUser, scopes: list[Right]) -> str:
    if not rights_of(user):
        return f"{user.get_username()} has no right at all, so the key opens nothing. A group gives rights."
    if idle := idle_scopes(user, scopes):
        return f"{user.get_username()} has no right to {', '.join(idle)}, so the key has none either."
    return ""


def _user_named(name: str) -> AbstractUser:
    users = get_user_model().objects
    user = users.filter(username=name).first()
    if user is None:
        known = [*users.filter(is_active=True).order_by("username").values_list("username", flat=True)[:SHOWN_USERS]]
        there = f"Known: {', '.join(known)}." if known else "There is none yet: run manage.py start first."
        raise CommandError(f"There is no user '{name}'. {there}", returncode=REFUSED)
    if not user.is_active:
        raise CommandError(f"User '{name}' is not active: nobody is let in by its keys.", returncode=REFUSED)
    return user


def _scope_named(word: str) -> Right:
    try:
        return Right(word)
    except ValueError:
        there = ", ".join(Right.values)
        raise CommandError(f"There is no scope '{word}'. Known: {there}.", returncode=REFUSED) from None


def _checked_name(name: str) -> str:
    longest = ApiKey._meta.get_field("name").max_length
    if not name.strip() or len(name) > longest:
        raise CommandError(f"Give the key a name of 1 to {longest} characters.", returncode=REFUSED)
    return name.strip()


def _lifetime(text: str | None) -> timedelta | None:
    if text is None:
        return None
    try:
        lifetime = timedelta(seconds=parse_duration(text))
        timezone.now() + lifetime
    except (ValueError, OverflowError):
        raise CommandError(f"--expires is '{text}', but it takes {TAKES}.", returncode=REFUSED) from None
    if not lifetime:
        raise CommandError("--expires is 0: such a key would let nobody in.", returncode=REFUSED)
    return lifetime
