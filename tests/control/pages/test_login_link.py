"""The page of the one-time link."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user
from django.test import Client

from control.access.login_links import create_login_link
from control.models import LoginLink, Preference
from tests.control.pages.people import person

pytestmark = pytest.mark.any_database

PATH = "/control/login-link/"


def browser(host: str = "localhost:8000") -> Client:
    return Client(headers={"Host": host})


@pytest.fixture
def secret(db):
    return create_login_link(person("admin"))


def test_link_lets_its_user_in(secret):
    visitor = browser()
    answer = visitor.post(PATH, {"secret": secret, "next": "/control/batches/new/"})
    assert (answer.headers["Location"], get_user(visitor).username) == ("/control/batches/new/", "admin")


def test_link_lets_in_once(secret):
    browser().post(PATH, {"secret": secret})
    answer = browser().post(PATH, {"secret": secret})
    assert (answer.status_code, "has been used or has expired" in answer.content.decode()) == (403, True)


def test_expired_link_leads_to_the_login(secret):
    LoginLink.objects.update(expires_at="2020-01-01T00:00:00Z")
    page = browser().post(PATH, {"secret": secret}).content.decode()
    assert 'href="/admin/login/"' in page


@pytest.mark.parametrize("address", ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1", ""])
def test_link_works_on_this_host_alone(secret, address):
    answer = browser().post(PATH, {"secret": secret}, REMOTE_ADDR=address)
    assert (answer.status_code, LoginLink.objects.get().used_at) == (403, None)


def test_link_behind_a_proxy_is_refused(secret, settings):
    settings.ALLOWED_HOSTS = ["gwanje.example"]
    answer = browser("gwanje.example").post(PATH, {"secret": secret})
    assert (answer.status_code, LoginLink.objects.get().used_at) == (403, None)


def test_link_works_over_the_other_loopback(secret):
    assert browser().post(PATH, {"secret": secret}, REMOTE_ADDR="::1").status_code == 302


@pytest.mark.parametrize("away", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_link_leads_to_no_other_site(secret, away):
    answer = browser().post(PATH, {"secret": secret, "next": away})
    assert answer.headers["Location"] == "/control/"


def test_link_brings_the_language_of_its_user(secret):
    Preference.objects.create(user=person("admin"), language="ko")
    answer = browser().post(PATH, {"secret": secret})
    assert answer.cookies["gwanje_language"].value == "ko"


@pytest.mark.django_db
def test_page_of_the_link_is_not_kept_by_the_browser():
    answer = browser().get(PATH)
    assert "no-store" in answer.headers["Cache-Control"]
