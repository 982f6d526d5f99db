"""The language switch: kept with the user, carried by a cookie, leading nowhere else."""

from __future__ import annotations

import pytest
from django.urls import reverse

from control.models import Preference
from tests.control.pages.people import browser_of, person

pytestmark = pytest.mark.any_database

PATH = "/control/language/"


@pytest.mark.django_db
def test_language_is_kept_with_the_user():
    browser_of("viewer").post(PATH, {"language": "ko", "next": "/control/"})
    assert Preference.objects.get(user__username="viewer").language == "ko"


@pytest.mark.django_db
def test_language_of_the_next_page_is_the_chosen_one():
    browser = browser_of("viewer")
    browser.post(PATH, {"language": "ko"})
    assert '<html lang="ko"' in browser.get(reverse("control:overview")).content.decode()


@pytest.mark.django_db
def test_language_can_be_chosen_before_login():
    browser = browser_of("anonymous")
    browser.post(PATH, {"language": "ko", "next": "/admin/login/"})
    assert '<html lang="ko"' in browser.get(reverse("admin:login")).content.decode()


@pytest.mark.django_db
def test_language_that_is_none_changes_nothing():
    answer = browser_of("viewer").post(PATH, {"language": "tlh"})
    assert (dict(answer.cookies), Preference.objects.count()) == ({}, 0)


@pytest.mark.django_db
def test_login_brings_the_language_to_another_browser():
    Preference.objects.create(user=person("viewer"), language="ko")
    fields = {"username": "viewer", "password": "a good password"}
    answer = browser_of("anonymous").post(reverse("admin:login"), fields)
    assert answer.cookies["gwanje_language"].value == "ko"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "away",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/\t/evil.example",
        "javascript:alert(1)",
        "x",
        "",
    ],
)
def test_language_switch_leads_to_no_other_site(away):
    answer = browser_of("viewer").post(PATH, {"language": "ko", "next": away})
    assert answer.headers["Location"] == "/control/"


@pytest.mark.django_db
def test_language_switch_leads_back_to_the_same_page():
    answer = browser_of("viewer").post(PATH, {"language": "en", "next": "/admin/control/batch/?state=RUNNING"})
    assert answer.headers["Location"] == "/admin/control/batch/?state=RUNNING"
