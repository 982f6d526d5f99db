"""Every endpoint against everybody. A new endpoint fails here until it is in the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from control.access.rights import RIGHTS, Right, Role
from tests.control.api.callers import Caller, logged_in, make_user, with_key
from tests.rows import attached, dataset_row, demo_station, queued, scheduled

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_station(monkeypatch)


BATCH = "/api/control/batches/{batch_id}/"
DATASET = "/api/datasets/{dataset_id}/"
SLOT = {"slot": "demo/slot-2"}

# Method, path, right (None: public), body, and the answer to whoever has the right, for a batch that is queued.
TABLE: list[tuple[str, str, Right | None, Any, int]] = [
    ("get", "/api/control/batches/", Right.SEE, None, 200),
    ("post", "/api/control/batches/", Right.OPERATE, {"sequence": "step_loop"}, 201),
    ("get", BATCH, Right.SEE, None, 200),
    ("get", f"{BATCH}compare/{{other}}/", Right.SEE, None, 200),
    ("get", f"{BATCH}steps/", Right.SEE, None, 200),
    ("get", f"{BATCH}measurements/", Right.SEE, None, 200),
    ("get", f"{BATCH}attachments/", Right.SEE, None, 200),
    ("get", f"{BATCH}attachments/{{attachment_id}}/", Right.SEE, None, 200),
    ("get", f"{BATCH}chunks/", Right.SEE, None, 200),
    ("get", f"{BATCH}items/", Right.SEE, None, 200),
    ("get", f"{BATCH}items/{{index}}/", Right.SEE, None, 404),
    ("get", f"{BATCH}items/{{index}}/files/{{name}}/", Right.SEE, None, 404),
    ("get", f"{BATCH}events/", Right.SEE, None, 200),
    ("get", f"{BATCH}events/{{seq}}/", Right.SEE, None, 200),
    ("get", f"{BATCH}control-events/", Right.SEE, None, 200),
    ("get", f"{BATCH}errors/", Right.SEE, None, 200),
    ("get", f"{BATCH}prompts/", Right.SEE, None, 200),
    ("get", f"{BATCH}prompts/{{prompt}}/image/", Right.SEE, None, 404),
    ("post", f"{BATCH}answer/", Right.OPERATE, {"prompt": "p1", "value": 4}, 404),
    ("post", f"{BATCH}pause/", Right.OPERATE, {}, 409),
    ("post", f"{BATCH}resume/", Right.OPERATE, {}, 409),
    ("post", f"{BATCH}stop/", Right.OPERATE, {}, 202),
    ("post", f"{BATCH}skip/", Right.OPERATE, {}, 409),
    ("post", f"{BATCH}settings/", Right.ENGINEER, {"settings": {"burn_in_time": 1}}, 409),
    ("post", f"{BATCH}restart/", Right.OPERATE, {}, 409),
    ("post", f"{BATCH}rerun/", Right.OPERATE, {}, 409),
    ("post", f"{BATCH}queue/", Right.OPERATE, {"priority": "HIGH"}, 200),
    ("post", f"{BATCH}keep/", Right.OPERATE, {}, 200),
    ("post", f"{BATCH}release/", Right.OPERATE, {}, 200),
    ("post", f"{BATCH}emergency-stop/", Right.EMERGENCY_STOP, {}, 202),
    ("get", "/api/queue/", Right.SEE, None, 200),
    ("get", "/api/workers/", Right.SEE, None, 200),
    ("get", "/api/slots/", Right.SEE, None, 200),
    ("get", "/api/slots/{station}/{slot}/", Right.SEE, None, 200),
    ("get", "/api/slots/{station}/{slot}/manual/", Right.SEE, None, 200),
    ("post", "/api/slots/{station}/{slot}/manual/", Right.OPERATE, {"action": "end"}, 409),
    ("post", "/api/slots/{station}/{slot}/in-service/", Right.ENGINEER, {}, 200),
    ("post", "/api/slots/{station}/{slot}/out-of-service/", Right.ENGINEER, {"reason": "new cables"}, 200),
    ("get", "/api/instruments/", Right.SEE, None, 200),
    ("post", "/api/slots/{station}/{slot}/make-safe/", Right.OPERATE, {}, 409),
    ("post", "/api/emergency-stop/", Right.EMERGENCY_STOP, SLOT, 202),
    ("post", "/api/reset/", Right.RESET, {**SLOT, "reason": "safe"}, 200),
    ("get", "/api/sequences/", Right.SEE, None, 200),
    ("get", "/api/sequences/{name}/", Right.SEE, None, 200),
    ("post", "/api/sequences/{name}/enable/", Right.ENGINEER, {}, 200),
    ("post", "/api/sequences/{name}/disable/", Right.ENGINEER, {"reason": "wrong limits"}, 200),
    ("get", "/api/statistics/", Right.SEE, None, 200),
    ("get", "/api/datasets/", Right.SEE, None, 200),
    ("post", "/api/datasets/", Right.OPERATE, {"name": "tiles"}, 409),
    ("get", DATASET, Right.SEE, None, 200),
    ("delete", DATASET, Right.OPERATE, None, 204),
    ("get", f"{DATASET}status/", Right.SEE, None, 200),
    ("get", f"{DATASET}files/", Right.SEE, None, 200),
    ("post", f"{DATASET}files/", Right.OPERATE, {}, 415),
    ("get", f"{DATASET}files/{{index}}/", Right.SEE, None, 404),
    ("get", f"{DATASET}files/{{index}}/thumbnail/", Right.SEE, None, 404),
    ("get", f"{DATASET}analyses/", Right.SEE, None, 200),
    ("post", f"{DATASET}complete/", Right.OPERATE, {}, 409),
    ("post", f"{DATASET}read/", Right.OPERATE, {}, 202),
    ("get", "/api/schedules/", Right.SEE, None, 200),
    ("post", "/api/schedules/", Right.SCHEDULE, {"name": "save", "action": "BACKUP", "every_s": 3600}, 201),
    ("get", "/api/schedules/{schedule_id}/", Right.SEE, None, 200),
    ("patch", "/api/schedules/{schedule_id}/", Right.SCHEDULE, {"enabled": False}, 200),
    ("delete", "/api/schedules/{schedule_id}/", Right.SCHEDULE, None, 204),
    ("post", "/api/schedules/{schedule_id}/run/", Right.SCHEDULE, {}, 202),
    ("get", "/api/health/", None, None, 200),
    ("get", "/api/system/info/", Right.SEE, None, 200),
    ("get", "/api/system/health/", Right.SEE, None, 200),
]
IDS = [f"{method} {path}" for method, path, *_ in TABLE]
MAY = [(role, row) for row in TABLE for role in Role if row[2] is None or row[2] in RIGHTS[role]]


def address_of(path: str) -> str:
    """With names of what there is."""
    batch = queued()
    names = {
        "batch_id": batch.pk,
        "seq": 1,
        "prompt": "p1",
        "station": "demo",
        "slot": "slot-1",
        "schedule_id": scheduled().pk,
        "dataset_id": dataset_row().pk,
        "index": 0,
    }
    names |= {"name": "step_loop", "other": queued(slot="demo/slot-2").pk if "{other}" in path else ""}
    if "attachment_id" in path:
        names["attachment_id"] = attached(batch.steps.create(index=0, name="scan", group="main")).pk
    return path.format(**names)


def ask(caller: Caller, method: str, address: str, body: Any) -> int:
    answer = caller.get(address) if method == "get" else caller.send(address, body, method)
    return answer.status_code


def narrow_key(scope: Right) -> Caller:
    return with_key(Role.ADMIN, scopes=(scope,))


def test_the_table_names_every_endpoint():
    paths = SchemaGenerator().get_schema(public=True)["paths"]
    assert {(method, path) for path, methods in paths.items() for method in methods} == {row[:2] for row in TABLE}


@pytest.mark.parametrize(("method", "path", "right", "body", "answer"), TABLE, ids=IDS)
class TestAccess:
    def test_who_lacks_the_right_is_refused_and_told_why(self, method, path, right, body, answer):
        """Nobody, strangers, roles and scopes without it, a wrong key: what is refused changes nothing for the next."""
        make_user()
        wrong = {"authorization": "Bearer gwanje_wrong"}
        refused = {"nobody": (Caller(), 401), "stranger": (logged_in(), 403)}
        refused["wrong key"] = (logged_in(Role.ADMIN, headers=wrong), 401)
        refused |= {role: (logged_in(role), 403) for role in Role if right not in RIGHTS[role]}
        refused |= {f"scope {scope}": (narrow_key(scope), 403) for scope in Right if scope != right}
        if right is None:
            refused = {who: (caller, answer) for who, (caller, _) in refused.items()}
        address = address_of(path)
        found = {who: ask(caller, method, address, body) for who, (caller, _) in refused.items()}
        assert found == {who: expected for who, (_, expected) in refused.items()}

    def test_a_key_without_scope_may_what_its_user_may(self, method, path, right, body, answer):
        assert ask(with_key(Role.ADMIN), method, address_of(path), body) == answer

    def test_a_key_with_the_scope_may_it(self, method, path, right, body, answer):
        caller = narrow_key(right) if right else with_key(Role.ADMIN)
        assert ask(caller, method, address_of(path), body) == answer


@pytest.mark.parametrize(("role", "row"), MAY, ids=[f"{role} {IDS[TABLE.index(row)]}" for role, row in MAY])
def test_a_role_may_what_the_table_of_rights_says(role, row):
    method, path, _, body, answer = row
    assert ask(logged_in(role), method, address_of(path), body) == answer


def test_a_session_needs_the_csrf_token_for_what_changes_something():
    caller = logged_in(Role.ADMIN, enforce_csrf_checks=True)
    assert caller.send("/api/control/batches/", {"sequence": "step_loop"}).status_code == 403
    assert caller.get("/api/control/batches/").status_code == 200


def test_a_key_needs_no_csrf_token():
    caller = with_key(Role.OPERATOR, enforce_csrf_checks=True)
    assert caller.send("/api/control/batches/", {"sequence": "step_loop"}).status_code == 201


@pytest.mark.parametrize("path", ["/api/schema/", "/api/docs/", "/api/redoc/", "/api/redoc/script.js"])
def test_the_schema_is_public_and_asks_no_database(
    path: str, client: Caller, django_assert_num_queries: Callable[[int], Any]
):
    with django_assert_num_queries(0):
        assert client.get(path).status_code == 200
