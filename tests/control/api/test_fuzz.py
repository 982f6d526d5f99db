"""Requests that nobody would think of, made from the schema: no error of ours, and answers as the schema says."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from control.access.keys import create_key
from control.access.rights import Role
from control.lifecycle.steer import pause_batch
from control.models import Dataset
from tests.control.api.callers import make_user
from tests.rows import ANNA, ask, attached, dataset_row, demo_station, queued, running, scheduled

pytestmark = pytest.mark.any_database

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]

# Made once: that takes as long as all requests about one operation.
SCHEMA = SchemaGenerator().get_schema(public=True)
DOCUMENT = json.loads(OpenApiJsonRenderer().render(SCHEMA))
OPERATIONS = sorted((method, path) for path, methods in SCHEMA["paths"].items() for method in methods)


@pytest.fixture
def known(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What exists, by its name in addresses."""
    demo_station(monkeypatch)
    batch = running().batch
    pause_batch(batch.pk, by=ANNA)
    lost = attached(batch.steps.create(index=0, name="scan", group="main"), sha256="0" * 64)  # answered asynchronously
    return {
        "batch_id": str(batch.pk),
        "attachment_id": str(lost.pk),
        "other": str(queued(slot="demo/slot-2").pk),
        "seq": 1,
        "prompt": ask(batch).key,
        "station": "demo",
        "slot": "slot-1",
        "name": "step_loop",
        "schedule_id": str(scheduled().pk),
        "dataset_id": str(dataset_row(Dataset.State.RECEIVING).pk),
        "index": 0,
    }


@pytest.fixture
def api(known: dict[str, Any]) -> Any:
    """The API in this process."""
    _, key = create_key(make_user(Role.ADMIN), "fuzz")
    django = get_wsgi_application()

    def plain(environ: dict[str, Any], start_response: Any) -> Any:
        environ.pop("HTTP_ACCEPT_ENCODING", None)  # nobody unpacks the answers here
        return django(environ, start_response)

    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.app = plain
    schema.config.update(headers={"Authorization": f"Bearer {key}"})
    return schema


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_request_breaks_the_api(method: str, path: str, api: Any, known: dict[str, Any]) -> None:
    @given(case=api[path][method.upper()].as_strategy(), about_what_exists=booleans())
    @settings(max_examples=24, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def ask(case: schemathesis.Case, about_what_exists: bool) -> None:
        if about_what_exists:
            case.path_parameters |= {name: known[name] for name in case.path_parameters}
        case.call_and_validate(checks=CHECKS)

    ask()
