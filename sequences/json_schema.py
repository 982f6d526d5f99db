"""The parameters of a sequence as JSON Schema, for programs that make forms or check values before they ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sequences.parameters import Schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Words of manifests that JSON Schema does not have, and what they are called there.
OWN = {"unit": "x-unit", "live": "x-live"}


def parameters_schema(parameters: Schema) -> dict[str, Any]:
    """An object whose properties are the parameters; units stand in `x-unit`, what may change mid-run in `x-live`."""
    return {
        "$schema": DIALECT,
        "type": "object",
        "properties": {name: _property(declared) for name, declared in parameters.items()},
        "required": [name for name, declared in parameters.items() if "default" not in declared],
        "additionalProperties": False,
    }


def _property(declared: Mapping[str, Any]) -> dict[str, Any]:
    found = {OWN.get(key, key): value for key, value in declared.items()}
    if "pattern" in found:  # of the whole value here; JSON Schema searches for it anywhere
        found["pattern"] = f"^(?:{found['pattern']})$"
    return found
