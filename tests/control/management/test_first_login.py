"""The first login: made where there is none, and the database decides."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User

from control.management.first_login import FirstLogin, new_password

pytestmark = pytest.mark.django_db


def test_first_login_lets_in_with_its_password():
    login = FirstLogin()
    assert (login.user.username, login.user.is_superuser, login.user.is_staff) == ("admin", True, True)
    assert authenticate(username="admin", password=login.password) == login.user


def test_second_login_is_the_first_superuser_without_a_password():
    User.objects.create_user("anna")
    root = User.objects.create_superuser("root")
    User.objects.create_superuser("admin")
    login = FirstLogin()
    assert (login.user, login.password, User.objects.count()) == (root, "", 3)


def test_two_starts_at_once_make_one_login():
    slow, fast = FirstLogin(), FirstLogin()
    assert fast.user == slow.user
    assert (slow.password, authenticate(username="admin", password=fast.password)) == ("", fast.user)


@pytest.mark.parametrize("rights", [{"is_superuser": False}, {"is_superuser": True, "is_active": False}])
def test_name_of_somebody_else_is_not_taken_over(rights):
    User.objects.create_user("admin", **rights)
    login = FirstLogin()
    assert (login.user, login.password, User.objects.count()) == (None, "", 1)


def test_password_can_be_typed_and_is_never_the_same():
    made = {new_password() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"([2-9a-hjkmnp-z]{4}-){3}[2-9a-hjkmnp-z]{4}", password) for password in made)
