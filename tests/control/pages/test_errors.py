"""What is answered instead of a page."""

from __future__ import annotations

import sys

import pytest
from django.db import OperationalError
from django.test import RequestFactory
from django.urls import reverse

from control.pages.errors import server_error
from tests.control.pages.people import browser_of

pytestmark = pytest.mark.any_database

JSON = {"accept": "application/json"}


def answer_while(error, path="/control/", **more):
    try:
        raise error
    except type(error):
        assert sys.exc_info()[1] is error
        return server_error(RequestFactory().get(path, **more))


def test_database_that_is_away_is_told_and_tried_again():
    answer = answer_while(OperationalError("gone"))
    page = answer.content.decode()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert ("The database does not answer" in page, "manage.py estop" in page) == (True, True)


def test_mistake_of_ours_asks_no_database():
    assert answer_while(ValueError("oh")).status_code == 500


def test_mistake_of_ours_is_told_to_a_script_without_details():
    answer = answer_while(ValueError("oh"), headers=JSON)
    assert (answer.headers["Content-Type"], b"oh" in answer.content) == ("application/json", False)


@pytest.mark.django_db
def test_page_that_does_not_exist_leads_back():
    answer = browser_of("viewer").get("/control/nowhere/")
    assert (answer.status_code, f'href="{reverse("control:overview")}"' in answer.content.decode()) == (404, True)


@pytest.mark.django_db
def test_nobody_meets_a_page_that_does_not_exist():
    assert browser_of("anonymous").get("/nowhere/").status_code == 404


@pytest.mark.django_db
def test_forbidden_is_told_to_a_script_as_a_problem():
    answer = browser_of("viewer").post(reverse("control:reset"), headers=JSON)
    assert (answer.status_code, answer.json()["title"]) == (403, "Forbidden")


@pytest.mark.django_db
def test_old_form_is_told_to_reload():
    answer = browser_of("operator", csrf=True).post(reverse("control:reset"))
    assert (answer.status_code, "This page is out of date" in answer.content.decode()) == (403, True)


def test_forbidden_speaks_for_itself_when_it_has_a_sentence(db):
    answer = browser_of("anonymous").get("/control/login-link/", REMOTE_ADDR="192.0.2.1")
    assert (answer.status_code, "only on the host" in answer.content.decode()) == (403, True)


@pytest.mark.parametrize(
    "address",
    [
        "/control/emergency-stop/",
        "/control/reset/",
        "/control/language/",
        "/control/batches/018f0000-0000-7000-8000-000000000000/stop/",
        "/admin/logout/",
    ],
)
@pytest.mark.parametrize(("language", "said"), [("en", "Not opened like this"), ("ko", "이렇게 열 수 없음")])
def test_address_of_a_button_is_told_and_leads_back(db, address, language, said):
    answer = browser_of("viewer").get(address, headers={"accept-language": language})
    page = answer.content.decode()
    assert (answer.status_code, "POST" in answer.headers["Allow"], said in page) == (405, True, True)
    assert (f'href="{reverse("control:overview")}"' in page, 'id="emergency-stop"' in page) == (True, True)


def test_address_of_a_button_is_told_to_a_script_as_a_problem(db):
    answer = browser_of("viewer").get("/control/reset/", headers=JSON)
    assert (answer.status_code, answer.json()["title"]) == (405, "Method Not Allowed")


@pytest.mark.parametrize(("language", "said"), [("en", "Not understood"), ("ko", "이해할 수 없는 요청")])
def test_what_is_not_understood_is_told_inside_of_the_shell(db, language, said):
    answer = browser_of("viewer").get("/admin/control/batch/?nothing=1", headers={"accept-language": language})
    page = answer.content.decode()
    assert (answer.status_code, said in page, 'id="emergency-stop"' in page) == (400, True, True)


def test_a_host_that_is_not_ours_gets_a_plain_page():
    answer = browser_of("anonymous").get("/control/", headers={"host": "elsewhere.example"})
    assert (answer.status_code, "Not understood" in answer.content.decode()) == (400, True)
