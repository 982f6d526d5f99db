"""Parameters of a run: their schema in the manifest, and the values that somebody gives for them."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sequences.patterns import matches, pattern_problem
from sequences.units import check_unit
from sequences.wording import Wording, quoted, shown

Schema = Mapping[str, Mapping[str, Any]]

KEYS = ("type", "default", "unit", "minimum", "maximum", "enum", "pattern", "description", "live")


class ParameterError(ValueError):
    """The given parameters do not fit. `problems` holds a sentence for each; as text they stand there in English."""

    def __init__(self, problems: list[Wording]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def _is_number(value: object) -> bool:
    """Whether it is a number that a float can hold."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and _is_number(value)


TYPES: dict[str, Callable[[object], bool]] = {
    "number": _is_number,
    "integer": _is_integer,
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
}

# What is expected, by type and by what else is declared.
EXPECTED: dict[tuple[str, ...], Wording] = {
    ("number",): Wording("a number"),
    ("number", "unit"): Wording("a number in %(unit)s"),
    ("number", "minimum"): Wording("a number of at least %(minimum)s"),
    ("number", "maximum"): Wording("a number of at most %(maximum)s"),
    ("number", "minimum", "maximum"): Wording("a number from %(minimum)s to %(maximum)s"),
    ("integer",): Wording("a whole number"),
    ("integer", "unit"): Wording("a whole number in %(unit)s"),
    ("integer", "minimum"): Wording("a whole number of at least %(minimum)s"),
    ("integer", "maximum"): Wording("a whole number of at most %(maximum)s"),
    ("integer", "minimum", "maximum"): Wording("a whole number from %(minimum)s to %(maximum)s"),
    ("string",): Wording("a text"),
    ("string", "pattern"): Wording("a text that matches the pattern %(pattern)s"),
    ("boolean",): Wording("true or false"),
}

BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def resolve_parameters(schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every parameter: the given one or its default. Raises ParameterError with every problem at once."""
    problems = [_unknown(name, schema) for name in given if name not in schema]
    values = {}
    for name, declared in schema.items():
        if name in given:
            values[name] = given[name]
            problems += value_problems(name, declared, given[name])
        elif "default" in declared:
            values[name] = declared["default"]
        else:
            missing = {"name": name, "expected": expected_value(declared)}
            problems.append(Wording("Parameter '%(name)s' must be given: %(expected)s.", missing))
    if problems:
        raise ParameterError(problems)
    return values


def parse_parameter_texts(schema: Schema, texts: Iterable[str]) -> dict[str, Any]:
    """Values from `key=value` texts, as the schema's types say. Raises ParameterError with every problem at once.

    What is given is not yet resolved: names and ranges are checked there.
    """
    values: dict[str, Any] = {}
    problems = []
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator:
            problems.append(Wording("'%(text)s' is no parameter: write name=value.", {"text": text}))
        elif name not in schema:
            problems.append(_unknown(name, schema))
        elif name in values:
            problems.append(Wording("Parameter '%(name)s' is given twice.", {"name": name}))
        else:
            values[name] = parse_value(value, schema[name]["type"])
    if problems:
        raise ParameterError(problems)
    return values


def parse_value(text: str, type_name: str) -> Any:
    """The text as the type, or the text itself where it does not fit: resolving says what was expected."""
    for reads in {"integer": (int,), "number": (int, float)}.get(type_name, ()):
        try:
            number = reads(text)
        except ValueError:
            continue
        return number if _is_number(number) else text
    if type_name == "boolean":
        return BOOLEANS.get(text.lower(), text)
    return text


def value_problems(name: str, declared: Mapping[str, Any], value: object) -> list[Wording]:
    """What is wrong with a value, in a sentence that names what is expected."""
    fits = TYPES[declared["type"]]
    allowed = declared.get("enum")
    inside = fits(value) and (allowed is None or value in allowed)
    inside = inside and not (_is_number(value) and _outside(declared, value))
    inside = inside and not (
        isinstance(value, str) and "pattern" in declared and not matches(declared["pattern"], value)
    )
    if inside:
        return []
    said = {"name": name, "expected": expected_value(declared), "value": shown(value)}
    return [Wording("Parameter '%(name)s' must be %(expected)s, it is %(value)s.", said)]


def _outside(declared: Mapping[str, Any], value: Any) -> bool:
    return bool(value < declared.get("minimum", -math.inf) or value > declared.get("maximum", math.inf))


def expected_value(declared: Mapping[str, Any]) -> Wording:
    """What a parameter takes: "a number from 1 to 30 V", "one of 'fast', 'slow'"."""
    if "enum" in declared:
        return Wording("one of %(values)s", {"values": ", ".join(map(repr, declared["enum"]))})
    values: dict[str, str] = {}
    if declared["type"] in ("number", "integer"):
        bounds = [name for name in ("minimum", "maximum") if declared.get(name) is not None]
        values = {name: _digits(declared[name]) for name in bounds}
        if unit := declared.get("unit", ""):
            last = bounds[-1] if bounds else "unit"
            values[last] = f"{values.get(last, '')} {unit}".lstrip()
    elif "pattern" in declared:
        values = {"pattern": f"'{declared['pattern']}'"}
    return replace(EXPECTED[declared["type"], *values], values=values)


def _digits(number: float) -> str:
    """Whole numbers with all their digits: a bound of 1000001 is not 1e+06."""
    return str(number) if isinstance(number, int) else f"{number:.10g}"


def _unknown(name: str, schema: Schema) -> Wording:
    name = quoted(name)
    near = difflib.get_close_matches(name, schema, n=1)
    if near:
        return Wording("There is no parameter '%(name)s'. Did you mean '%(near)s'?", {"name": name, "near": near[0]})
    if not schema:
        return Wording("There is no parameter '%(name)s'. Known: none.", {"name": name})
    return Wording("There is no parameter '%(name)s'. Known: %(known)s.", {"name": name, "known": ", ".join(schema)})


def schema_problems(name: str, declared: object) -> list[str]:
    """Everything that is wrong with the declaration of one parameter."""
    if not isinstance(declared, Mapping):
        return [f"parameter '{name}' must be a mapping with at least a type"]
    problems = [
        f"parameter '{name}': unknown key '{key}' (known: {', '.join(KEYS)})" for key in declared if key not in KEYS
    ]
    type_name = declared.get("type")
    if not isinstance(type_name, str) or type_name not in TYPES:
        return [*problems, f"parameter '{name}': type must be one of {', '.join(TYPES)}, it is {shown(type_name)}"]
    problems += [f"parameter '{name}': {problem}" for problem in check_unit(declared.get("unit", ""))]
    problems += _range_problems(name, declared)
    problems += [f"parameter '{name}': {problem}" for problem in _text_problems(declared)]
    if not problems and "default" in declared:
        problems += [f"default: {problem}" for problem in value_problems(name, declared, declared["default"])]
    return problems


def _range_problems(name: str, declared: Mapping[str, Any]) -> list[str]:
    problems = [
        f"parameter '{name}': {bound} must be a number, it is {shown(declared[bound])}"
        for bound in ("minimum", "maximum")
        if not _is_number(declared.get(bound, 0))
    ]
    if problems:
        return problems
    if declared["type"] not in ("number", "integer") and ("minimum" in declared or "maximum" in declared):
        problems.append(f"parameter '{name}': a {declared['type']} has no minimum or maximum")
    if declared.get("minimum", -math.inf) > declared.get("maximum", math.inf):
        low, high = _digits(declared["minimum"]), _digits(declared["maximum"])
        problems.append(f"parameter '{name}': minimum {low} is above maximum {high}")
    allowed = declared.get("enum", [""])
    if not isinstance(allowed, list) or not allowed:
        problems.append(f"parameter '{name}': enum must be a list of values")
    elif "enum" in declared and not all(TYPES[declared["type"]](value) for value in allowed):
        problems.append(f"parameter '{name}': every value of enum must be {EXPECTED[(declared['type'],)]}")
    if not isinstance(declared.get("live", False), bool):
        problems.append(f"parameter '{name}': live must be true or false")
    return problems


def _text_problems(declared: Mapping[str, Any]) -> list[str]:
    problems = []
    if not isinstance(declared.get("description", ""), str):
        problems.append(f"description must be a text, it is {shown(declared['description'])}")
    if "pattern" not in declared:
        return problems
    pattern = declared["pattern"]
    if declared["type"] != "string":
        return [*problems, f"a {declared['type']} has no pattern"]
    if not isinstance(pattern, str):
        return [*problems, f"pattern must be a text, it is {shown(pattern)}"]
    if problem := pattern_problem(pattern):
        return [*problems, f"pattern {problem}"]
    allowed = declared.get("enum")
    if isinstance(allowed, list) and not all(isinstance(value, str) and matches(pattern, value) for value in allowed):
        problems.append("every value of enum must match the pattern")
    return problems
