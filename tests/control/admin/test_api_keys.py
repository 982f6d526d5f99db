"""API keys in the admin: shown once, revoked by POST, never edited."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from control.access.keys import create_key, find_key
from control.access.rights import Right
from control.models import ApiKey
from tests.control.admin.story import change, changelist, shown, visitor

pytestmark = pytest.mark.any_database

ADD = "/admin/control/apikey/add/"


def make(client, **more):
    user = User.objects.get(username="admin")
    return client.post(ADD, {"user": user.pk, "name": "nightly", "expires_at_0": "", "expires_at_1": "", **more})


def test_a_new_key_is_shown_and_works(admin):
    response = make(admin, scopes=["see", "operate"])
    holder = find_key(response.context["key_text"])
    assert holder.rights == {Right.SEE, Right.OPERATE}
    assert response.content.decode().count(response.context["key_text"]) == 1


def test_a_key_without_scopes_has_the_rights_of_its_user(admin):
    assert find_key(make(admin).context["key_text"]).rights == frozenset(Right)


@pytest.mark.parametrize(
    ("role", "scopes", "warning"),
    [
        ("", [], "jun has no right at all, so the key opens nothing. A group gives rights."),
        ("viewer", ["see", "reset"], "jun lacks these rights, so the key has none of them: Lift an emergency stop"),
        ("viewer", ["see"], ""),
        ("viewer", [], ""),
    ],
)
def test_a_new_key_says_what_it_does_not_open(admin, role, scopes, warning):
    jun = User.objects.create_user("jun")
    jun.groups.set(Group.objects.filter(name=role))
    response = make(admin, user=jun.pk, scopes=scopes)
    assert (response.context["warning"], "g-notice--warning" in response.content.decode()) == (warning, bool(warning))


def test_the_page_with_a_new_key_is_kept_nowhere(admin):
    assert make(admin).headers["Cache-Control"].count("no-store") == 1


def test_a_key_is_never_shown_again(admin):
    text = make(admin).context["key_text"]
    key = ApiKey.objects.get()
    pages = [admin.get(url).content.decode() for url in (changelist(ApiKey), change(key), ADD)]
    assert [text in page for page in pages] == [False] * 3
    assert (LogEntry.objects.get().object_repr, text in str(LogEntry.objects.values().get())) == (str(key), False)


def test_a_key_expires_when_told(admin):
    tomorrow = timezone.localtime() + timedelta(days=1)
    make(admin, expires_at_0=tomorrow.strftime("%Y-%m-%d"), expires_at_1="08:30:00")
    expires_at = timezone.localtime(ApiKey.objects.get().expires_at)
    assert expires_at.strftime("%Y-%m-%d %H:%M") == tomorrow.strftime("%Y-%m-%d 08:30")


def test_a_key_that_has_expired_already_is_refused(admin):
    response = make(admin, expires_at_0="2020-01-01", expires_at_1="00:00")
    errors = response.context["adminform"].form.errors
    assert dict(errors) == {"expires_at": ["This moment has passed: the key would never be valid."]}
    assert ApiKey.objects.count() == 0


@pytest.mark.parametrize("wrong", [{"scopes": ["fly"]}, {"name": ""}, {"user": "999"}])
def test_a_key_with_a_wrong_value_is_not_made(admin, wrong):
    assert list(make(admin, **wrong).context["adminform"].form.errors) == list(wrong)
    assert ApiKey.objects.count() == 0


def test_a_revoked_key_lets_nobody_in(admin):
    key, text = create_key(User.objects.get(username="admin"), "nightly")
    admin.post(changelist(ApiKey), {"action": "revoke", "_selected_action": [key.pk]}, follow=True)
    assert (find_key(text), LogEntry.objects.get().object_id) == (None, str(key.pk))


def test_a_key_is_not_revoked_without_a_token_of_the_page(db):
    visitor("admin")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="admin"))
    key, text = create_key(User.objects.get(username="admin"), "nightly")
    response = strict.post(changelist(ApiKey), {"action": "revoke", "_selected_action": [key.pk]})
    assert (response.status_code, find_key(text) is None) == (403, False)


def test_a_key_cannot_be_edited(admin):
    key, _text = create_key(User.objects.get(username="admin"), "nightly", scopes=[Right.SEE])
    assert admin.post(change(key), {"name": "other"}).status_code == 403


def test_keys_are_found_by_name_and_validity(admin):
    user = User.objects.get(username="admin")
    old, new = create_key(user, "line 3, old")[0], create_key(user, "line 3, new")[0]
    ApiKey.objects.filter(pk=old.pk).update(revoked_at=timezone.now())
    chosen = ({"q": ", ol"}, {"revoked": "no"}, {"revoked": "yes"})
    assert [shown(admin, changelist(ApiKey, **one)) for one in chosen] == [[old.pk], [new.pk], [old.pk]]
