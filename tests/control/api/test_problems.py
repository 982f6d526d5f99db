"""Whatever goes wrong under /api/ is one shape of JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from rest_framework.test import APIRequestFactory

from control.access.rights import Right, Role
from control.api.bodies import SIZE_LIMIT
from control.api.face import ApiView
from control.api.problems import TYPES
from tests.control.api.callers import Caller, logged_in, with_key
from tests.rows import demo_station

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
BATCHES = "/api/control/batches/"


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


def check(answer: HttpResponse, name: str, path: str = BATCHES) -> dict[str, Any]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(answer.content)
    expected = (f"urn:gwanje:{name}", TYPES[name], answer.status_code, path)
    assert expected == (problem["type"], problem["status"], problem["status"], problem["instance"])
    return problem


def test_without_login_it_says_how_to_log_in():
    answer = Caller().get(BATCHES)
    check(answer, "login-needed")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer gwanje_wrong", "Bearer", "Basic YTpi", "Bearer \xff"])
def test_a_key_that_is_none_is_refused_even_for_who_is_logged_in(header: str):
    answer = logged_in(Role.ADMIN, headers={"authorization": header}).get(BATCHES)
    check(answer, "bad-key")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_missing_right_is_named():
    problem = check(with_key(Role.VIEWER).send(BATCHES), "forbidden")
    detail = "The key 'ci' does not have the right 'operate' (Start and steer batches)."
    assert (problem["right"], problem["detail"]) == (Right.OPERATE, detail)


@pytest.mark.parametrize("path", ["/api/", "/api/nothing/", "/api/control/batches/5/", "/api/slots/a/b/c/"])
def test_an_address_that_is_none_is_not_found(path: str):
    check(Caller().get(path), "not-found", path)
    check(Caller().send(path), "not-found", path)


def test_an_address_without_its_slash_is_told_about_it():
    problem = check(Caller().get("/api/slots"), "not-found", "/api/slots")
    assert problem["detail"] == "There is nothing at /api/slots. Addresses end with a slash."


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_a_method_that_is_none_is_told_the_known_ones(method: str):
    answer = getattr(with_key(Role.ADMIN), method)(BATCHES)
    check(answer, "method-not-allowed")
    assert answer.headers["Allow"] == "GET, POST, HEAD"


def test_an_answer_that_is_no_json_cannot_be_had():
    check(with_key(Role.VIEWER).get(BATCHES, headers={"accept": "text/html"}), "not-acceptable")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/problem+json", "text/html, */*;q=0.8"])
def test_json_can_be_had_in_many_words(accept: str):
    assert with_key(Role.VIEWER).get(BATCHES, headers={"accept": accept}).status_code == 200


@pytest.mark.parametrize("body", ["{", "\x00", '{"name": NaN}', "[" * 5000, b"\xff"])
def test_a_body_that_is_no_json_is_refused(body: str | bytes):
    check(with_key(Role.OPERATOR).post(BATCHES, body, content_type="application/json"), "unreadable-body")


@pytest.mark.parametrize("body", ["[]", "5", '"x"', "null"])
def test_a_body_that_is_no_object_is_refused(body: str):
    problem = check(with_key(Role.OPERATOR).post(BATCHES, body, content_type="application/json"), "bad-value")
    assert problem["detail"] == "The body is no object of JSON. Send one: {…}."


def test_a_login_without_the_token_of_a_page_is_told_how_to_go_on():
    caller = logged_in(Role.OPERATOR, enforce_csrf_checks=True)
    problem = check(caller.send(BATCHES, {}), "forbidden")
    assert problem["detail"].startswith("The CSRF token is missing or out of date.")


def test_a_form_is_told_to_send_json():
    form = {"data": "sequence=step_loop", "content_type": "application/x-www-form-urlencoded"}
    problem = check(with_key(Role.OPERATOR).post(BATCHES, **form), "unsupported-media-type")
    assert problem["detail"].endswith("Send JSON, with the header Content-Type: application/json.")


@pytest.mark.parametrize("size", [SIZE_LIMIT, 4 * SIZE_LIMIT])
def test_a_body_of_more_than_a_mebibyte_is_refused(size: int):
    body = '{"name": "' + "x" * size + '"}'
    check(with_key(Role.OPERATOR).post(BATCHES, body, content_type="application/json"), "too-large")


def test_a_body_without_length_is_refused_and_not_taken_for_none():
    headers = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_TYPE": "application/json"}
    caller = with_key(Role.OPERATOR)
    check(caller.request(PATH_INFO=BATCHES, REQUEST_METHOD="POST", **headers), "length-required")


class Failing(ApiView):
    """A view that fails as the test says."""

    rights = {"GET": None}
    authentication_classes = ()
    error: Exception = RuntimeError("a secret")

    def get(self, request: object) -> None:
        raise self.error


def fail(error: Exception) -> HttpResponse:
    return Failing.as_view(error=error)(APIRequestFactory().get("/api/failing/"))


def test_an_unexpected_error_keeps_its_insides(caplog: pytest.LogCaptureFixture):
    answer = fail(RuntimeError("a secret"))
    problem = check(answer, "internal", "/api/failing/")
    assert "secret" not in str(problem)
    assert [str(record.exc_info[1]) for record in caplog.records] == ["a secret"]


def test_a_database_that_is_away_is_said():
    answer = fail(OperationalError("connection refused"))
    check(answer, "database-away", "/api/failing/")
    assert answer.headers["Retry-After"] == "2"
