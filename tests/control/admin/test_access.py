"""Who may open which page of rows: everybody who may see sees the history, administrators alone see users and keys."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from control.admin.registry import PAGES
from control.models import ApiKey, Batch, Schedule
from tests.control.admin.story import VISITORS, administered, change, changelist, rows_of, tell, visitor

pytestmark = pytest.mark.any_database

SEEN = [model for model in PAGES if model.__name__ not in ("User", "Group", "ApiKey")]
CHANGED_BY_NOBODY = [model for model in SEEN if model is not Schedule]
ADMINISTERED = [model for model in PAGES if model not in SEEN]


def outcome(client, url, method="get"):
    return getattr(client, method)(url).status_code


def by_visitor(*tries):
    """What each visitor gets: the distinct answers to all tries."""
    return {who: {outcome(client, *one) for one in tries} for who, client in ((who, visitor(who)) for who in VISITORS)}


def open_to(*allowed, good=200):
    """Those who are not logged in are sent to the login, the others are refused."""
    return {who: {302} if who == "anonymous" else {good if who in allowed else 403} for who in VISITORS}


def url_of(row, page):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[] if page == "add" else [row.pk])


@pytest.mark.parametrize("model", SEEN)
def test_history_and_bench_open_for_whoever_may_see(station, model):
    row = rows_of(tell())[model]
    assert by_visitor([changelist(model)], [change(row)]) == open_to("viewer", "operator", "engineer", "admin")


@pytest.mark.parametrize("model", CHANGED_BY_NOBODY)
def test_history_and_bench_are_changed_by_nobody(station, model):
    row = rows_of(tell())[model]
    add, delete = url_of(row, "add"), url_of(row, "delete")
    assert by_visitor([add], [delete], [add, "post"], [delete, "post"], [change(row), "post"]) == open_to()


@pytest.mark.parametrize("model", ADMINISTERED)
def test_users_groups_and_keys_open_for_administrators_alone(db, model):
    row = administered()[model]
    assert by_visitor([changelist(model)], [change(row)]) == open_to("admin")


@pytest.mark.parametrize(("model", "allowed"), [(User, ["admin"]), (ApiKey, ["admin"]), (Group, [])])
def test_users_and_keys_are_added_by_administrators_alone(db, model, allowed):
    assert by_visitor([url_of(administered()[model], "add")]) == open_to(*allowed)


@pytest.mark.parametrize("model", ADMINISTERED)
def test_users_groups_and_keys_are_deleted_by_nobody(db, model):
    delete = url_of(administered()[model], "delete")
    assert by_visitor([delete], [delete, "post"]) == open_to()


def test_a_password_is_set_by_administrators_alone(db):
    url = reverse("admin:auth_user_password_change", args=[administered()[User].pk])
    assert by_visitor([url]) == open_to("admin")


@pytest.mark.parametrize("who", VISITORS)
def test_a_key_is_revoked_by_administrators_alone(db, who):
    key = administered()[ApiKey]
    visitor(who).post(changelist(ApiKey), {"action": "revoke", "_selected_action": [key.pk]})
    key.refresh_from_db()
    assert (key.revoked_at is not None) == (who == "admin")


@pytest.mark.parametrize("path", ["success", "failure", "ormq", "schedule"])
def test_the_queue_has_no_pages(admin, path):
    assert outcome(admin, f"/admin/django_q/{path}/") == 404


def test_the_front_page_of_the_admin_is_the_overview(viewer):
    assert viewer.get("/admin/").url == reverse("control:overview")


def test_an_unknown_batch_leads_back_with_a_message(viewer):
    url = reverse("admin:control_batch_change", args=["nonsense"])
    assert viewer.get(url).url == reverse("admin:index")


def test_the_sidebar_hides_what_a_viewer_may_not_open(viewer, admin):
    def titles(client):
        return [
            str(item["title"])
            for group in client.get(changelist(Batch)).context["sidebar_navigation"]
            for item in group["items"]
            if item["has_permission"]
        ]

    assert sorted(set(titles(admin)) - set(titles(viewer))) == ["API keys", "Groups", "Users"]


def test_every_address_of_the_sidebar_opens(admin):
    groups = admin.get(changelist(Batch)).context["sidebar_navigation"]
    links = [str(item["link"]) for group in groups for item in group["items"]]
    assert [link for link in links if outcome(admin, link) != 200] == []


def test_a_wrong_password_is_told_once(db):
    page = visitor("anonymous").post(reverse("admin:login"), {"username": "jun", "password": "wrong"})
    assert page.content.decode().count("errornote") == 1


def test_who_logs_out_is_told_so_and_may_come_back(viewer):
    page = viewer.post(reverse("admin:logout")).content.decode()
    assert ("You are logged out." in page, f'href="{reverse("admin:login")}"' in page) == (True, True)
    assert "quality time" not in page


def test_cookies_have_names_of_their_own(db):
    client = visitor("anonymous")
    User.objects.create_superuser("jun", password="kite-9-lamp")
    client.get(reverse("admin:login"))
    client.post(reverse("admin:login"), {"username": "jun", "password": "kite-9-lamp"})
    assert set(client.cookies) == {"gwanje_session", "gwanje_csrf"}
