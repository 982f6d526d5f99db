"""Who may open a socket, and who may keep it: sessions from our own pages, keys from anywhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from control.access.keys import KeyHolder, find_key, note_used, still_valid
from control.access.rights import Right, rights_of
from control.live.wire import Code, Wrong

# A session's key, or the holder of an API key.
Credential = str | KeyHolder


class Knock(NamedTuple):
    """What somebody brings along: a session's key or an API key, one of them."""

    session: str = ""
    key: str = ""


class Visitor(NamedTuple):
    user: int  # primary key
    credential: Credential


def knock_of_page(headers: Mapping[str, str], *, secure: bool) -> Knock:
    """A browser's session. Raises Wrong unless the page it shows is one of ours: a cookie travels with any page's."""
    if not _is_own_page(headers.get("origin", ""), headers.get("host", ""), secure=secure):
        raise Wrong(Code.FORBIDDEN, "This page is not one of this server. See GWANJE_TRUSTED_ORIGINS.")
    session = parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME, "")
    return Knock(session=session if session.isalnum() else "")


def knock_of_script(headers: Mapping[str, str]) -> Knock:
    """An API key, and nothing else: no cookie is looked at, so no page can use somebody's session here."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return Knock(key=key.strip() if scheme.lower() == "bearer" else "")


def _is_own_page(origin: str, host: str, *, secure: bool) -> bool:
    """As Django decides it for forms: the very same origin, under a name of ours, or one that is trusted."""
    name, _port = split_domain_port(host.lower())
    own = f"{'https' if secure else 'http'}://{host}".lower()
    if origin.lower() == own and name and validate_host(name, settings.ALLOWED_HOSTS):
        return True
    return any(_matches(origin.lower(), trusted.lower()) for trusted in settings.CSRF_TRUSTED_ORIGINS)


def _matches(origin: str, trusted: str) -> bool:
    """`https://*.example` stands for all the names below example."""
    scheme, _, name = trusted.partition("://")
    if not name.startswith("*."):
        return origin == trusted.rstrip("/")
    return origin.startswith(f"{scheme}://") and origin.endswith(name[1:])


# What follows asks the database: in the hub's thread. It writes nothing, for whoever writes may have to wait.


def admit(knock: Knock) -> Visitor:
    """Raises Wrong for a stranger, and for somebody who may not see."""
    credential: Credential = (find_key(knock.key, note_use=False) if knock.key else None) or knock.session
    found = _holders([credential]).get(credential)
    _check(found)
    return Visitor(found.user, credential)


def refused(credentials: Collection[Credential]) -> dict[Credential, Wrong]:
    """Those that let nobody in any more, and why. Sessions take three queries, however many; a key takes two."""
    found = _holders(credentials)
    answer: dict[Credential, Wrong] = {}
    for credential in credentials:
        try:
            _check(found.get(credential))
        except Wrong as wrong:
            answer[credential] = wrong
    return answer


class _Holder(NamedTuple):
    user: int
    rights: frozenset[Right]


def _check(holder: _Holder | None) -> None:
    if holder is None:
        raise Wrong(Code.LOGIN, "Log in first, or send a valid key.")
    if Right.SEE not in holder.rights:
        raise Wrong(Code.FORBIDDEN, "You may not see this. An administrator can give you a role, or the key its scope.")


def _holders(credentials: Collection[Credential]) -> dict[Credential, _Holder]:
    """Whom each of these lets in now."""
    found: dict[Credential, _Holder] = {}
    for session, user in _users_of_sessions([each for each in credentials if isinstance(each, str) and each]):
        found[session] = _Holder(user.pk, rights_of(user))
    for holder in [each for each in credentials if isinstance(each, KeyHolder)]:
        if (now := still_valid(holder)) is not None:
            found[holder] = _Holder(now.user.pk, now.rights)
    return found


def _users_of_sessions(keys: Collection[str]) -> Iterator[tuple[str, AbstractUser]]:
    """Who is logged in by each of these sessions: not logged out, not expired, the password still the same."""
    if not keys:
        return
    sessions = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    told = {session.session_key: session.get_decoded() for session in sessions}
    users = get_user_model()._default_manager.filter(
        pk__in=[data[SESSION_KEY] for data in told.values() if SESSION_KEY in data], is_active=True
    )
    known = {str(user.pk): user for user in users.prefetch_related("groups")}
    for key, data in told.items():
        user = known.get(data.get(SESSION_KEY, ""))
        if user and constant_time_compare(data.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
            yield key, user


# And this one writes: in a thread that may wait.


def note_use(credentials: Collection[Credential]) -> None:
    """The keys among these are in use."""
    try:
        note_used([each.key for each in credentials if isinstance(each, KeyHolder)])
    finally:
        connection.close()  # the thread's own
