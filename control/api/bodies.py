"""Bodies of requests: JSON of the declared fields and types, nothing else, and nothing that no database keeps."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn, Self

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from control.api.problems import not_known, too_large
from control.lifecycle.actor import LONGEST_REASON, USER_REQUEST
from control.lifecycle.refusals import UNKEPT, BadValue, can_be_kept, check_text
from sequences.wording import quoted

SIZE_LIMIT = 1024 * 1024  # bytes
LARGEST_NUMBER = 2**63


class JsonBody(JSONParser):
    """A JSON text of at most 1 MiB."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        content = stream.read(SIZE_LIMIT + 1)
        if len(content) > SIZE_LIMIT:
            raise too_large()
        try:
            return json.loads(content.decode(), parse_constant=_refuse, parse_float=AsWritten)
        except (ValueError, RecursionError) as error:
            raise ParseError(_("The body is no JSON: %(problem)s") % {"problem": error}) from error


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


class AsWritten(float):
    """A number of JSON that is told as it was written: 1e400 is none that a float holds, but nobody wrote "inf"."""

    def __new__(cls, text: str) -> float:
        number = float(text)
        if math.isfinite(number):
            return number
        huge = super().__new__(cls, number)
        huge.text = text
        return huge

    def __repr__(self) -> str:
        return self.text


class Text(serializers.CharField):
    """A string of JSON, not something that could be written as one.

    Where the lifecycle has a sentence of its own, it is said: of what is too long, and `missing` of what is left out.
    """

    def __init__(self, *, missing: str = "", **more: Any) -> None:
        super().__init__(**({"allow_blank": True} | more))
        self.missing = missing

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text: str = super().to_internal_value(data)
        return check_text(self.field_name, text, self.max_length) if self.max_length else text

    def fail(self, key: str, **more: Any) -> NoReturn:
        if self.missing and key in ("required", "null"):
            raise BadValue(_(self.missing), field=self.field_name)
        super().fail(key, **more)


class Choice(serializers.ChoiceField):
    """One of some words."""

    def fail(self, key: str, **more: Any) -> NoReturn:
        if key == "invalid_choice":
            known = ", ".join(map(str, self.choices))
            sentence = _("'%(value)s' is not known here. Known: {known}.").format(known=known)
            raise serializers.ValidationError(sentence % {"value": quoted(str(more["input"]))})
        super().fail(key, **more)


@extend_schema_field({"oneOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]})
class StepOfPlan(serializers.Field):
    """A step by its number in the plan, from 0, or by its name."""

    def to_internal_value(self, data: Any) -> int | str:
        if isinstance(data, bool) or not isinstance(data, int | str):
            raise serializers.ValidationError(_("Name a step, or give its number in the plan, from 0."))
        return data


class YesNo(serializers.BooleanField):
    """true or false, and no word for it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Whole(serializers.IntegerField):
    """A whole number of JSON, not something that could be read as one."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class Number(serializers.FloatField):
    """A number of JSON, likewise."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return data


class Body(serializers.Serializer):
    """A JSON object of these fields. Whatever else it holds is named and refused."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, Mapping):
            known = list(self.fields)
            unknown = [quoted(name) for name in map(str, data) if name not in self.fields]
            problems = {name: [not_known(name, known)] for name in unknown}
            problems |= {name: [found] for name, value in data.items() if name in known and (found := unkept(value))}
            if problems:
                raise serializers.ValidationError(problems)
        return super().to_internal_value(data)

    @classmethod
    def read(cls, request: Request) -> Self:
        """A request's body, checked; an absent one counts as an empty object. Raises ValidationError or BadValue."""
        if not isinstance(request.data, Mapping):
            raise BadValue(_("The body is no object of JSON. Send one: {…}."))
        body = cls(data=request.data)
        body.is_valid(raise_exception=True)
        return body


class Reason(Body):
    """Why somebody intervenes; kept in the history."""

    reason = Text(required=False, max_length=LONGEST_REASON, help_text="Kept in the history.")


def reason_in(values: Mapping[str, Any]) -> str:
    return values.get("reason") or USER_REQUEST


def unkept(value: Any) -> str:
    """What is wrong with a value of JSON that no database keeps, anywhere inside; empty when it is fine."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, str) and not can_be_kept(inner):
            return _(UNKEPT)
        if isinstance(inner, int) and not -LARGEST_NUMBER <= inner < LARGEST_NUMBER:
            return _("It holds a whole number of more than 64 bits.")
        if isinstance(inner, Mapping):
            waiting += [*inner.keys(), *inner.values()]
        elif isinstance(inner, list):
            waiting += inner
    return ""
