"""Who may open a socket and who may keep it: every role, sessions and keys, our own pages and foreign ones."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client as Browser
from django.utils import timezone

from control.access.keys import create_key, revoke_key
from control.access.rights import Right, Role
from control.live.admission import knock_of_page, knock_of_script, refused
from control.live.wire import Wrong
from control.models import ApiKey
from tests.control.live.sockets import ORIGIN, Socket, Web, session_of, user_in

pytestmark = pytest.mark.any_database

HOST = ORIGIN.removeprefix("http://")
IN = {"t": "hello", "v": 1}
ROLES = {(): 4403, **{(role,): IN for role in Role}}
STREAMS = ("board", "alerts", "overview", "slots")


def of_page(web: Web, cookie: str, origin: str = ORIGIN, host: str = HOST) -> Socket:
    return web.open("/ws/", cookie=cookie, origin=origin, host=host)


def greeting(socket: Socket) -> dict | int:
    """hello, or the code that the socket is closed with after saying why."""
    heard = socket.hear()
    if heard == IN:
        return heard
    assert (heard["t"], socket.hear()) == ("err", heard["code"])
    return heard["code"]


@pytest.mark.parametrize(("roles", "answer"), ROLES.items())
def test_who_may_open_a_socket_by_session(web: Web, roles: tuple, answer: dict | int):
    assert greeting(of_page(web, session_of(user_in(*roles)))) == answer


@pytest.mark.parametrize(("roles", "answer"), ROLES.items())
def test_who_may_open_a_socket_by_key(web: Web, roles: tuple, answer: dict | int):
    key = create_key(user_in(*roles), "script")[1]
    assert greeting(web.open(authorization=f"Bearer {key}")) == answer


@pytest.mark.parametrize(("scopes", "answer"), [((), IN), ((Right.SEE,), IN), ((Right.OPERATE,), 4403)])
def test_a_key_needs_the_scope_to_see(web: Web, scopes: tuple, answer: dict | int):
    key = create_key(user_in(Role.ADMIN), "script", scopes=scopes)[1]
    assert greeting(web.open(authorization=f"Bearer {key}")) == answer


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("stream", STREAMS)
def test_whoever_is_in_may_follow_everything(web: Web, role: Role, stream: str):
    socket = web.enter(create_key(user_in(role), "script")[1])
    socket.say("sub", stream)
    assert socket.hear()["t"] == ("snap" if stream in ("overview", "slots") else "ev")


def test_a_superuser_needs_no_role(web: Web):
    User.objects.create_superuser("root")
    assert greeting(of_page(web, session_of(User.objects.get()))) == IN


@pytest.mark.parametrize("cookie", ["", "gwanje_session=", "gwanje_session=abcdef", "gwanje_session=a\x00b", "other=1"])
def test_a_browser_without_a_session_is_told_to_log_in(web: Web, cookie: str):
    assert greeting(of_page(web, cookie)) == 4401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "gwanje_x"])
def test_a_script_without_a_valid_key_is_told_so(web: Web, header: str):
    assert greeting(web.open(authorization=header)) == 4401


def test_a_session_opens_nothing_where_keys_belong(web: Web, viewer: User):
    assert greeting(web.open("/ws/api/", cookie=session_of(viewer), origin=ORIGIN, host=HOST)) == 4401


def test_a_key_opens_nothing_where_sessions_belong(web: Web, key: str):
    assert greeting(web.open("/ws/", authorization=f"Bearer {key}", origin=ORIGIN, host=HOST)) == 4401


def test_any_origin_may_use_a_key(web: Web, key: str):
    socket = web.open(authorization=f"Bearer {key}", origin="https://elsewhere.example", host=HOST)
    assert greeting(socket) == IN


@pytest.mark.parametrize("path", ["/", "/ws", "/ws/other/", "/ws/api", "/control/"])
def test_other_addresses_have_no_socket(web: Web, path: str):
    assert greeting(web.open(path)) == 4404


OWN, FOREIGN = True, False
ORIGINS = [
    ("http://localhost:8000", "localhost:8000", OWN),
    ("HTTP://LOCALHOST:8000", "localhost:8000", OWN),
    ("http://[::1]:8000", "[::1]:8000", OWN),
    ("https://gwanje.example", "10.0.0.7", OWN),  # trusted, behind a proxy
    ("https://a.lab.example", "localhost:8000", OWN),  # https://*.lab.example is trusted
    ("", "localhost:8000", FOREIGN),
    ("null", "localhost:8000", FOREIGN),
    ("http://localhost:3000", "localhost:8000", FOREIGN),  # cookies do not tell ports apart
    ("https://localhost:8000", "localhost:8000", FOREIGN),
    ("http://evil.example", "localhost:8000", FOREIGN),
    ("http://evil.example", "evil.example", FOREIGN),  # a name that leads here is not yet one of ours
    ("http://gwanje.example", "gwanje.example", FOREIGN),
    ("https://gwanje.example.evil.example", "localhost:8000", FOREIGN),
    ("https://evillab.example", "localhost:8000", FOREIGN),
    ("http://[", "[", FOREIGN),
]


@pytest.mark.parametrize(("origin", "host", "own"), ORIGINS)
def test_only_our_own_pages_may_use_a_session(settings, origin: str, host: str, own: bool):
    settings.ALLOWED_HOSTS = ["localhost", "[::1]"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://gwanje.example", "https://*.lab.example"]
    try:
        knock_of_page({"origin": origin, "host": host, "cookie": "gwanje_session=x"}, secure=False)
    except Wrong as wrong:
        assert (wrong.code, own) == (4403, FOREIGN)
    else:
        assert own


def test_a_foreign_page_is_refused_although_its_user_is_logged_in(web: Web, viewer: User):
    assert greeting(of_page(web, session_of(viewer), origin="http://evil.example")) == 4403


def test_a_key_is_read_from_its_header_alone():
    assert knock_of_script({"authorization": "bearer  abc", "cookie": "gwanje_session=x"}) == ("", "abc")


# What happens to somebody who is in


def test_who_still_may_is_left_alone(web: Web, socket: Socket, viewer: User):
    page = of_page(web, session_of(viewer))
    assert page.hear() == IN
    web.recheck()
    assert (socket.hears_nothing(0.1), page.hears_nothing(0.1)) == (True, True)


def dismissed(web: Web, socket: Socket) -> int:
    web.recheck()
    error = socket.hear()
    assert (error["t"], "s" in error) == ("err", False)
    code = socket.hear()
    assert code == error["code"]
    return code


def test_a_revoked_key_closes_its_sockets(web: Web, socket: Socket):
    revoke_key(ApiKey.objects.get())
    assert dismissed(web, socket) == 4401


def test_an_expired_key_closes_its_sockets(web: Web, socket: Socket):
    ApiKey.objects.update(expires_at=timezone.now())
    assert dismissed(web, socket) == 4401


def test_a_key_that_loses_its_scope_closes_its_sockets(web: Web, socket: Socket):
    ApiKey.objects.update(scopes=[Right.OPERATE])
    assert dismissed(web, socket) == 4403


@pytest.mark.parametrize("opened_by", ["key", "session"])
def test_a_user_who_is_deactivated_loses_all_sockets(web: Web, socket: Socket, viewer: User, opened_by: str):
    page = of_page(web, session_of(viewer))
    assert page.hear() == IN
    User.objects.update(is_active=False)
    assert dismissed(web, socket if opened_by == "key" else page) == 4401


@pytest.mark.parametrize("opened_by", ["key", "session"])
def test_a_user_without_a_role_loses_all_sockets(web: Web, socket: Socket, viewer: User, opened_by: str):
    page = of_page(web, session_of(viewer))
    assert page.hear() == IN
    viewer.groups.clear()
    assert dismissed(web, socket if opened_by == "key" else page) == 4403


def test_logging_out_closes_the_sockets_of_that_session(web: Web, viewer: User):
    browser = Browser()
    browser.force_login(viewer)
    here = of_page(web, f"gwanje_session={browser.cookies['gwanje_session'].value}")
    elsewhere = of_page(web, session_of(viewer))
    assert (here.hear(), elsewhere.hear()) == (IN, IN)
    browser.logout()
    assert dismissed(web, here) == 4401
    assert elsewhere.hears_nothing(0.1)


def test_a_new_password_closes_the_sockets_of_older_sessions(web: Web, viewer: User):
    page = of_page(web, session_of(viewer))
    assert page.hear() == IN
    viewer.set_password("another one 123")
    viewer.save()
    assert dismissed(web, page) == 4401


def test_nothing_more_is_told_to_somebody_who_is_dismissed(web: Web, socket: Socket):
    socket.say("sub", "board")
    socket.hear()
    socket.say("more", "board", after=0)
    revoke_key(ApiKey.objects.get())
    assert dismissed(web, socket) == 4401
    socket.say("ping")
    assert socket.hears_nothing(0.1)


def test_somebody_who_holds_the_database_delays_nobody_with_a_key(web: Web, key: str):
    """On SQLite any writer holds it all, on PostgreSQL one who changes the key holds its row."""
    with transaction.atomic():
        ApiKey.objects.select_for_update().get()
        socket = web.enter(key)
        web.recheck()
        assert socket.hears_nothing(0.1)


def test_the_use_of_a_key_is_noted_also_when_its_socket_is_gone(web: Web, socket: Socket):
    assert ApiKey.objects.get().last_used_at is None
    socket.goes()
    web.note_use()
    assert ApiKey.objects.get().last_used_at is not None


def test_a_socket_that_stays_open_uses_its_key(web: Web, socket: Socket):
    web.note_use()
    ApiKey.objects.update(last_used_at=None)
    web.note_use()
    assert ApiKey.objects.get().last_used_at is not None


def test_checking_takes_as_many_queries_for_many_sessions_as_for_one(viewer: User, django_assert_num_queries):
    from_one = [session_of(viewer).removeprefix("gwanje_session=")]
    others = [session_of(user_in(Role.VIEWER, name=f"user{n}")).removeprefix("gwanje_session=") for n in range(3)]
    for credentials in (from_one, from_one + others):
        with django_assert_num_queries(3):
            assert refused(credentials) == {}
