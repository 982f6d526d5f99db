"""manage.py create_api_key: the key alone on standard output, everything else beside it."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from control.access.keys import find_key
from control.access.rights import RIGHTS, Role
from control.models import ApiKey

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(autouse=True)
def anna():
    user = User.objects.create_user("anna")
    user.groups.add(Group.objects.get(name=Role.OPERATOR))
    return user


def create(*arguments):
    out, error = StringIO(), StringIO()
    call_command("create_api_key", "anna", "--name", "line 3", *arguments, stdout=out, stderr=error)
    return out.getvalue(), error.getvalue()


def test_key_is_printed_alone_and_works():
    out, error = create()
    assert (out.count("\n"), find_key(out.strip()).rights) == (1, RIGHTS[Role.OPERATOR])
    assert error.startswith("Key 'line 3' of anna: all rights of anna, never expires. It is shown only this once.\n")
    assert out.strip() not in error


def test_key_with_scopes_has_only_those():
    out, _error = create("--scope", "see", "--scope", "operate")
    assert find_key(out.strip()).rights == {"see", "operate"}


def test_key_expires():
    create("--expires", "90d")
    left = ApiKey.objects.get().expires_at - timezone.now()
    assert timedelta(days=89, hours=23) < left <= timedelta(days=90)


def test_scope_that_the_user_lacks_is_pointed_out():
    _out, error = create("--scope", "see", "--scope", "administer")
    assert error.endswith("Attention: anna has no right to administer, so the key has none either.\n")


@pytest.mark.parametrize("scopes", [[], ["--scope", "see"]])
def test_key_of_somebody_without_any_right_is_pointed_out(anna, scopes):
    anna.groups.clear()
    _out, error = create(*scopes)
    assert error.endswith("Attention: anna has no right at all, so the key opens nothing. A group gives rights.\n")


def test_key_that_opens_all_it_says_needs_no_warning():
    assert "Attention" not in create("--scope", "see")[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["bob", "--name", "x"], "There is no user 'bob'. Known: anna."),
        (["anna", "--name", " "], "Give the key a name of 1 to 100 characters."),
        (
            ["anna", "--name", "x", "--scope", "fly"],
            "There is no scope 'fly'. Known: see, emergency-stop, operate, reset, engineer, schedule, administer.",
        ),
        (
            ["anna", "--name", "x", "--expires", "soon"],
            "--expires is 'soon', but it takes a time such as 500ms, 20s, 5m, 12h or 30d.",
        ),
        (["anna", "--name", "x", "--expires", "0"], "--expires is 0: such a key would let nobody in."),
    ],
)
def test_wrong_word_is_refused_in_one_sentence(arguments, sentence):
    with pytest.raises(CommandError) as refused:
        call_command("create_api_key", *arguments)
    assert (str(refused.value), refused.value.returncode, ApiKey.objects.count()) == (sentence, 2, 0)


def test_inactive_user_gets_no_key(anna):
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match=r"^User 'anna' is not active"):
        create()
    assert ApiKey.objects.count() == 0
