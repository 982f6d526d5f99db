"""Users and groups: roles are given, nobody is locked out."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.urls import reverse

from control.access.rights import RIGHTS, Right, rights_of
from tests.control.admin.story import change, changelist, shown, visitor

pytestmark = pytest.mark.any_database


def given(user: User, **changes: object) -> dict[str, object]:
    """The form of a user as a browser sends it."""
    form = {"username": user.username, "email": "", "groups": [group.pk for group in user.groups.all()]}
    form |= {name: "on" for name in ("is_active", "is_superuser") if getattr(user, name)} | changes
    return {name: value for name, value in form.items() if value is not None}


def save(client, user, **changes):
    """The errors of the form, by field."""
    response = client.post(change(user), given(user, **changes))
    errors = {} if response.status_code == 302 else response.context["adminform"].form.errors
    return {name: list(texts) for name, texts in errors.items()}


@pytest.fixture
def superuser(db):
    """The browser of a superuser; that of `admin` belongs to somebody of the group."""
    return visitor("superuser")


def test_a_role_is_given_by_its_group(admin):
    user = User.objects.create_user("jun")
    group = Group.objects.get(name="operator")
    assert save(admin, user, groups=[group.pk]) == {}
    assert Right.OPERATE in rights_of(User.objects.get(pk=user.pk))


def test_a_change_of_a_user_is_on_record(admin):
    user = User.objects.create_user("jun")
    save(admin, user, first_name="Jun")
    assert LogEntry.objects.get().object_id == str(user.pk)


def test_a_user_is_created_with_a_password(admin):
    form = {"username": "sora", "usable_password": "true", "password1": "kite-9-lamp", "password2": "kite-9-lamp"}
    admin.post("/admin/auth/user/add/", form)
    user = User.objects.get(username="sora")
    assert (user.check_password("kite-9-lamp"), rights_of(user)) == (True, frozenset())


def test_nobody_deactivates_themselves(admin):
    me = User.objects.get(username="admin")
    sentence = "You cannot deactivate yourself. Ask another administrator to do it."
    assert save(admin, me, is_active=None) == {"is_active": [sentence]}
    me.refresh_from_db()
    assert me.is_active


def test_the_last_superuser_stays_one(superuser):
    me = User.objects.get(username="superuser")
    sentence = "This is the last active superuser. Make somebody else one first, or nobody could undo this."
    assert save(superuser, me, is_superuser=None) == {"is_superuser": [sentence]}
    me.refresh_from_db()
    assert me.is_superuser


@pytest.mark.parametrize("lost", ["is_superuser", "is_active"])
def test_one_of_two_superusers_need_not_stay_one(superuser, lost):
    root = User.objects.create_superuser("root")
    assert save(superuser, root, **{lost: None}) == {}
    root.refresh_from_db()
    assert not getattr(root, lost)


def test_an_inactive_superuser_is_no_way_back(superuser):
    User.objects.create_superuser("gone", is_active=False)
    assert list(save(superuser, User.objects.get(username="superuser"), is_superuser=None)) == ["is_superuser"]


def test_users_are_found_by_group_and_name(admin):
    jun = User.objects.create_user("jun", first_name="Jun")
    jun.groups.add(Group.objects.get(name="operator"))
    found = [
        shown(admin, changelist(User, **one)) for one in ({"group": "operator"}, {"q": "Ju"}, {"group": "engineer"})
    ]
    assert found == [[jun.pk], [jun.pk], []]


@pytest.mark.parametrize("role", RIGHTS)
def test_a_group_shows_the_table_of_rights(admin, role):
    (table,) = admin.get(change(Group.objects.get(name=role))).context["tables"]
    column = table["table"]["headers"].index(role.label)
    allowed = [row[0] for row in table["table"]["rows"] if row[column] == "✓"]
    assert allowed == [right.label for right in Right if right in RIGHTS[role]]


def test_a_group_that_is_not_ours_allows_nothing(admin):
    group = Group.objects.create(name="bowling")
    assert admin.get(change(group)).context["heading"] == {"name": "bowling", "facts": ["–"]}


def test_the_group_admin_makes_nobody_a_superuser(admin):
    me, jun = User.objects.get(username="admin"), User.objects.create_user("jun")
    for user in (me, jun):
        assert save(admin, user, is_superuser="on", first_name="changed") == {}
    assert list(User.objects.values_list("first_name", "is_superuser")) == [("changed", False)] * 2


def test_the_group_admin_changes_no_superuser(admin, superuser):
    user = User.objects.get(username="superuser")
    passwords = {"password1": "kite-9-lamp", "password2": "kite-9-lamp", "usable_password": "true"}
    password_page = reverse("admin:auth_user_password_change", args=[user.pk])
    answers = [admin.post(change(user), given(user, is_active=None)), admin.post(password_page, passwords)]
    user.refresh_from_db()
    assert [answer.status_code for answer in answers] == [403, 403]
    assert (user.is_active, user.is_superuser, user.check_password("kite-9-lamp")) == (True, True, False)


def test_the_group_admin_sees_a_superuser_without_the_hash(admin, superuser):
    user = User.objects.get(username="superuser")
    user.set_password("kite-9-lamp")
    user.save()
    page = admin.get(change(user))
    assert (page.status_code, user.password.split("$")[-1] in page.content.decode()) == (200, False)


def test_a_superuser_makes_another(superuser):
    jun = User.objects.create_user("jun")
    assert save(superuser, jun, is_superuser="on") == {}
    jun.refresh_from_db()
    assert jun.is_superuser
