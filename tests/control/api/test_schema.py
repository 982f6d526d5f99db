"""The OpenAPI schema and its pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from control.api.problems import MEDIA_TYPE

PAGES = ["/api/docs/", "/api/redoc/"]


@pytest.fixture(scope="module")
def operations() -> dict[str, dict[str, Any]]:
    paths = SchemaGenerator().get_schema(public=True)["paths"]
    return {operation["operationId"]: operation for methods in paths.values() for operation in methods.values()}


def test_the_schema_is_valid_and_without_warnings(capsys: pytest.CaptureFixture[str]):
    call_command("spectacular", validate=True, fail_on_warn=True)
    assert capsys.readouterr().err == ""


def test_every_operation_tells_what_it_does_takes_and_answers(operations: dict[str, dict[str, Any]]):
    for name, operation in operations.items():
        assert operation["summary"] and operation["tags"], name
        assert operation["description"].splitlines()[-1].startswith(("Takes the right `", "Public")), name
        assert [status for status in operation["responses"] if status < "300"], name


def test_every_refusal_is_a_problem(operations: dict[str, dict[str, Any]]):
    kinds = {
        tuple(answer["content"])
        for operation in operations.values()
        for status, answer in operation["responses"].items()
        if status >= "400"
    }
    assert kinds == {(MEDIA_TYPE,)}


def test_every_body_is_json_but_for_files(operations: dict[str, dict[str, Any]]):
    bodies = {
        name: operation["requestBody"]["content"]
        for name, operation in operations.items()
        if "requestBody" in operation
    }
    names = ("create_dataset", "upload_dataset_files", "submit_batch")
    files = {name: tuple(bodies.pop(name)) for name in names}
    assert set(files.values()) == {("application/json", "multipart/form-data"), ("multipart/form-data",)}
    assert {tuple(content) for content in bodies.values()} == {("application/json",)}
    assert set(bodies) == {
        *("pause_batch", "resume_batch", "stop_batch", "emergency_stop_batch"),
        *("keep_batch", "release_batch", "move_batch"),
        *("answer_prompt", "skip_step", "change_settings", "restart_batch", "rerun_batch"),
        *("emergency_stop", "reset", "drive_by_hand", "make_slot_safe"),
        *("enable_sequence", "disable_sequence"),
        *("put_slot_into_service", "take_slot_out_of_service"),
        *("complete_dataset", "read_dataset_again"),
        *("create_schedule", "change_schedule", "run_schedule"),
    }


def test_keys_and_sessions_are_declared(operations: dict[str, dict[str, Any]]):
    schemes = SchemaGenerator().get_schema(public=True)["components"]["securitySchemes"]
    assert (schemes["key"]["scheme"], schemes["cookieAuth"]["in"]) == ("bearer", "cookie")
    ways = {name: operation.get("security") for name, operation in operations.items()}
    assert ways.pop("health") is None
    assert all(way == [{"key": []}, {"cookieAuth": []}] for way in ways.values())


@pytest.mark.parametrize("query", ["", "?format=json"])
def test_the_schema_is_served(client: Client, query: str):
    answer = client.get(f"/api/schema/{query}")
    kind = "application/vnd.oai.openapi+json" if query else "application/vnd.oai.openapi"
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, kind)


@pytest.mark.parametrize("path", PAGES)
def test_no_script_stands_in_a_page_and_nothing_comes_from_elsewhere(client: Client, path: str):
    text = client.get(path).content.decode()
    assert re.findall(r"<script(?![^>]* src=)", text) == []
    addresses = re.findall(r"(?:src|href|spec-url)=\"([^\"]*)\"", text)
    assert [address for address in addresses if not address.startswith("/")] == []


def test_the_script_of_redoc_loads_no_picture_from_elsewhere(client: Client):
    text = client.get("/api/redoc/script.js").content.decode()
    assert "cdn.redoc.ly" not in text


@pytest.mark.parametrize("path", [*PAGES, "/api/schema/", "/api/redoc/script.js"])
@pytest.mark.parametrize("method", ["options", "post", "delete"])
def test_pages_for_people_are_only_read(client: Client, path: str, method: str):
    assert getattr(client, method)(path).status_code in (403, 405)
