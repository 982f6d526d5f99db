"""The table of rights, and keys, links and tokens that carry them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from control.access.keys import create_key, find_key, revoke_key, still_valid
from control.access.login_links import create_login_link, use_login_link
from control.access.page_token import page_token, read_page_token
from control.access.rights import RIGHTS, Right, Role, rights_of
from control.models import ApiKey, LoginLink

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def user_in(*roles: str, **more: object) -> User:
    user = User.objects.create_user("mina", **more)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


@pytest.mark.parametrize("role", Role)
def test_a_role_has_the_rights_of_the_table(role):
    assert rights_of(user_in(role)) == RIGHTS[role]


def test_a_stranger_has_no_right():
    assert rights_of(user_in()) == frozenset()


def test_an_inactive_user_has_no_right():
    assert rights_of(user_in(Role.ADMIN, is_active=False)) == frozenset()


def test_a_superuser_has_every_right():
    assert rights_of(user_in(is_superuser=True)) == frozenset(Right)


def test_roles_add_up():
    assert rights_of(user_in(Role.VIEWER, Role.ENGINEER)) == RIGHTS[Role.ENGINEER]


def test_a_key_is_found_by_its_text_alone():
    row, text = create_key(user_in(Role.OPERATOR), "ci")
    found = find_key(text)
    assert (found.key, found.rights) == (row, RIGHTS[Role.OPERATOR])
    assert text not in str(ApiKey.objects.values().get())


def test_a_scope_narrows_a_key_and_never_widens_it():
    _, text = create_key(user_in(Role.VIEWER), "ci", scopes=[Right.SEE, Right.OPERATE])
    assert find_key(text).rights == {Right.SEE}


@pytest.mark.parametrize("away", ["revoked", "expired", "inactive", "unknown"])
def test_a_key_that_is_over_opens_nothing(away):
    user = user_in(Role.OPERATOR)
    key, text = create_key(user, "ci", expires_at=timezone.now() - timedelta(1) if away == "expired" else None)
    if away == "revoked":
        revoke_key(key)
    if away == "inactive":
        User.objects.update(is_active=False)
    assert find_key(text + ("x" if away == "unknown" else "")) is None


def test_an_open_socket_learns_that_its_key_was_revoked():
    key, text = create_key(user_in(Role.OPERATOR), "ci")
    holder = find_key(text)
    assert still_valid(holder).rights == RIGHTS[Role.OPERATOR]
    revoke_key(key)
    assert still_valid(holder) is None


def test_a_login_link_lets_in_once():
    user = user_in(Role.VIEWER)
    secret = create_login_link(user)
    assert [use_login_link(secret), use_login_link(secret)] == [user, None]


def test_an_old_login_link_lets_nobody_in():
    secret = create_login_link(user_in(Role.VIEWER))
    LoginLink.objects.update(expires_at=timezone.now())
    assert use_login_link(secret) is None


def test_a_page_token_tells_who_has_the_page_open():
    user = user_in(Role.VIEWER)
    assert read_page_token(page_token(user)) == (user.pk, "mina")


@pytest.mark.parametrize("token", ["", "x", "WzEsIm1pbmEiXQ:1abc:forged"])
def test_a_forged_page_token_is_nobodys(token):
    assert read_page_token(token) is None
