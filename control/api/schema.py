"""The OpenAPI schema: what every operation shares is written down here once, from what its view declares."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers

from control.access.rights import Right
from control.api.problems import MEDIA_TYPE, TYPES, Problem

_WORDS = {
    400: "A parameter or the body cannot be used; `errors` names what.",
    401: "No login and no key, or one that is not valid.",
    403: "The right is missing, or the CSRF token of a session is.",
    404: "There is no such thing.",
    406: "Only JSON is answered.",
    409: "The state of the batch, slot or station does not allow this.",
    411: "The body came without its length.",
    413: "The body is larger than 1 MiB, or has more files than a request may bring.",
    415: "The body is of a kind that is not read here: JSON is, and files where it says so.",
    500: "An error of ours. The log of the web process tells what.",
    503: "The database does not answer.",
}


class Shape(serializers.Serializer):
    """The facts of a row, which come as they are from `control.history.facts`; these fields describe them."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """Every field is always there, so that clients need no guessing."""
        fields = super().get_fields()
        for field in fields.values():
            field.required = True
        return fields


def problem_example(name: str, detail: str, **more: Any) -> OpenApiExample:
    status = TYPES[name]
    body = {"type": f"urn:gwanje:{name}", "title": _TITLES[status], "status": status, "detail": detail}
    return OpenApiExample(name, {**body, "instance": "/api/…", **more}, response_only=True, status_codes=[str(status)])


_TITLES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}
_EXAMPLES = [
    problem_example("login-needed", "Log in, or send a key: Authorization: Bearer KEY."),
    problem_example(
        "forbidden", "You do not have the right 'operate' (Start and steer batches).", right=Right.OPERATE.value
    ),
    problem_example(
        "wrong-state", "The batch has ended (Completed), there is nothing left to stop. Submit it again to repeat it."
    ),
    problem_example(
        "unknown-name",
        "There is no slot 'demo/slot-3'. Did you mean 'demo/slot-1'?",
        errors={"slot": ["There is no slot 'demo/slot-3'. Did you mean 'demo/slot-1'?"]},
    ),
]


class Schema(AutoSchema):
    """Reads `rights`, `operations`, `tag` and `refusals` of a view."""

    def get_operation_id(self) -> str:
        return self.view.operations[self.method]

    def get_tags(self) -> list[str]:
        return [self.view.tag]

    def get_summary(self) -> str:
        return self._document().partition("\n")[0].rstrip(".")

    def get_description(self) -> str:
        right = self.view.rights[self.method]
        asked = "Public: takes no login." if right is None else f"Takes the right `{right.value}`: {right.label}."
        more = self._document().partition("\n")[2].strip()
        return f"{more}\n\n{asked}" if more else asked

    def get_paginated_name(self, serializer_name: str) -> str:
        return f"{serializer_name.removesuffix('Facts')}Page"

    def _document(self) -> str:
        return super().get_description()

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        for status in self._refusals():
            answer = OpenApiResponse(Problem, _WORDS[status], examples=_EXAMPLES)
            found = self._get_response_for_code(answer, str(status), [MEDIA_TYPE])
            bodies.setdefault(str(status), found)
        bodies.get("200", {}).update(description=bodies.get("200", {}).get("description") or "What was asked for.")
        return dict(sorted(bodies.items()))

    def _refusals(self) -> list[int]:
        """The statuses of problems that this operation can answer."""
        statuses = {500, 503, *getattr(self.view, "refusals", {}).get(self.method, ())}
        if self.view.strict:
            statuses |= {400, 406}
        if self.view.rights[self.method] is not None:
            statuses |= {401, 403}
        if "{" in self.path:
            statuses.add(404)
        if self.method != "GET" and self.view.strict:
            statuses |= {411, 413, 415}
        return sorted(statuses)
