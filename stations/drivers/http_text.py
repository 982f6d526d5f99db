"""The texts of HTTP instruments: `PUT /output {"on": true}`, `GET /state /output/voltage`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from stations.drivers.command import Value

TEXT = re.compile(r"(?P<method>[A-Z]+) (?P<target>/\S*)(?: (?P<rest>.*))?")
METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE")
NO_BODY = object()


@dataclass(frozen=True)
class Request:
    """What is asked of a service, and where the answer stands in what it says: a JSON pointer, or None for all."""

    method: str
    target: str
    body: Any = NO_BODY
    pointer: str | None = None

    @classmethod
    def parse(cls, text: str) -> Request:
        """Raises ValueError for a text that is no request."""
        match = TEXT.fullmatch(text.strip())
        if match is None or match["method"] not in METHODS:
            raise ValueError(
                f"{text!r} is no request; write it like 'PUT /output {{\"on\": true}}' or 'GET /state /volts', with "
                f"one of {', '.join(METHODS)}"
            )
        body, rest = NO_BODY, (match["rest"] or "").strip()
        if rest and not rest.startswith("/"):
            try:
                body, end = json.JSONDecoder().raw_decode(rest)
            except ValueError as error:
                raise ValueError(f"what follows {match['target']} in {text!r} is neither JSON nor a pointer") from error
            rest = rest[end:].strip()
        if rest and not rest.startswith("/"):
            raise ValueError(f"{rest!r} in {text!r} is no JSON pointer; it begins with '/'")
        return cls(match["method"], match["target"], body, rest or None)

    def answer(self, content: str) -> str:
        """The answer in what the service said. Raises ValueError when it is not there."""
        if self.pointer is None:
            return content.strip()
        try:
            document = json.loads(content)
        except ValueError:
            raise ValueError(f"what is not JSON: {content[:80]!r}") from None
        return _as_text(_found(document, self.pointer))


def fill_request(template: str, value: Value, spelled: str) -> str:
    """`{value}` in the target is quoted for an address; in the body it becomes JSON, `"{value}"` a string of JSON."""
    method, _, rest = template.partition(" ")
    target, blank, body = rest.partition(" ")
    as_json = spelled if not isinstance(value, (bool, str)) else json.dumps(value)
    body = body.replace('"{value}"', json.dumps(spelled)).replace("{value}", as_json)
    return f"{method} {target.replace('{value}', quote(spelled, safe=''))}{blank}{body}"


def _found(document: Any, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901) leads to."""
    for part in pointer[1:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        try:
            document = document[int(key)] if isinstance(document, list) else document[key]
        except (KeyError, IndexError, TypeError, ValueError):
            there = ", ".join(map(str, document)) if isinstance(document, dict) else json.dumps(document)[:80]
            raise ValueError(f"nothing at {pointer}; there is {there or 'nothing'}") from None
    return document


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
