"""The JSON Schema of station files, for editors: made of the very tables that the checker reads."""

from __future__ import annotations

import json
from typing import Any

from stations.declared_keys import SLUG, Key, Keys, Takes
from stations.driver_options import DRIVER_OPTIONS
from stations.drivers.loading import BUILT_IN
from stations.station_keys import INSTRUMENT, STATION_FILE

Schema = dict[str, Any]

# Wherever a value may stand, it may come from the environment, which no editor knows.
REFERENCE: Schema = {"type": "string", "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}"}


def station_schema() -> Schema:
    """The schema of a whole station file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Station file of Gwanje",
        "description": "The station: its slots, and the instruments around them. docs/instruments.md explains it.",
        **_mapping(STATION_FILE),
        "$defs": {"instrument": _instrument()},
    }


def schema_text() -> str:
    """The schema as it lies in docs/station.schema.json."""
    return json.dumps(station_schema(), indent=2) + "\n"


def _mapping(keys: Keys) -> Schema:
    schema: Schema = {
        "type": "object",
        "properties": {name: _key(key) for name, key in keys.items()},
        "additionalProperties": False,
    }
    if required := [name for name, key in keys.items() if key.required]:
        schema["required"] = required
    return schema


def _key(key: Key) -> Schema:
    about: Schema = {"description": f"{key.about}."}
    if key.default is not None:
        about["default"] = key.default
    return {**about, **_value(key)}


def _value(key: Key) -> Schema:
    match key.takes:
        case Takes.MAPPING:
            return {"$ref": "#/$defs/instrument"} if key.keys is INSTRUMENT else _mapping(key.keys)
        case Takes.NAMED:
            assert key.each is not None
            return {"type": "object", "additionalProperties": _key(key.each)}
        case Takes.LIST:
            assert key.each is not None
            return {"type": "array", "items": _key(key.each)}
        case Takes.BOOLEAN:
            words = [{"enum": list(key.one_of)}] if key.one_of else []
            return {"anyOf": [{"type": "boolean"}, *words, REFERENCE]}
        case Takes.INTEGER:
            return {"anyOf": [{"type": "integer", "minimum": key.low, "maximum": int(key.high)}, REFERENCE]}
        case Takes.NUMBER:
            return {"anyOf": [{"type": "number"}, REFERENCE]}
        case Takes.POSITIVE:
            return {"anyOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": key.high}, REFERENCE]}
        case Takes.DATE:
            return {"anyOf": [{"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}, REFERENCE]}
        case Takes.ANY:
            return {}
    return _text(key)


def _text(key: Key) -> Schema:
    if key.one_of:
        return {"anyOf": [{"enum": list(key.one_of)}, REFERENCE]}
    if key.takes is Takes.SLUG:
        return {"anyOf": [{"type": "string", "pattern": f"^{SLUG.pattern}$"}, REFERENCE]}
    if key.takes is Takes.URL:
        return {"anyOf": [{"type": "string", "pattern": "^https?://"}, REFERENCE]}
    # YAML takes 0 and OFF for something else than text; here they stay as they are written.
    return {"type": ["string", "number", "boolean"], "maxLength": key.longest}


def _instrument() -> Schema:
    """An instrument, with the options that its own driver takes."""
    schema = _mapping(INSTRUMENT)
    schema["properties"]["driver"]["examples"] = sorted(BUILT_IN)
    schema["properties"]["options"] = {"type": "object", "description": f"{INSTRUMENT['options'].about}."}
    schema["allOf"] = [
        {
            "if": {"properties": {"driver": {"const": driver}}, "required": ["driver"]},
            "then": {"properties": {"options": _mapping(options)}},
        }
        for driver, options in DRIVER_OPTIONS.items()
    ]
    return schema
