"""What steps keep by `run.save`, for a later run that goes on from this one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

NAME_LIMIT = 100  # characters
VALUE_LIMIT = 16 * 1024  # characters of JSON
ALL_LIMIT = 100 * 1024  # of all values together: they travel to the later run in its job


class SavedValues:
    """The latest value under each name, as JSON, so that nobody changes it after it was saved."""

    def __init__(self, carried: Mapping[str, Any]) -> None:
        self._texts = {name: json.dumps(value) for name, value in carried.items()}

    def encode(self, name: str, value: Any) -> str:
        """The value as JSON. Raises TypeError or ValueError when it cannot be kept under this name."""
        if not isinstance(name, str) or not 0 < len(name) <= NAME_LIMIT:
            raise ValueError(
                f"a value is saved under a name of 1 to {NAME_LIMIT} characters, not {name!r:.{NAME_LIMIT}}"
            )
        try:
            text = json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise TypeError(f"'{name}' cannot be saved as JSON: {error}") from error
        if len(text) > VALUE_LIMIT:
            raise ValueError(
                f"'{name}' is larger than {VALUE_LIMIT // 1024} KiB: save what is needed to go on, no more"
            )
        others = sum(len(kept) for other, kept in self._texts.items() if other != name)
        if others + len(text) > ALL_LIMIT:
            raise ValueError(
                f"with '{name}' the saved values are larger than {ALL_LIMIT // 1024} KiB: save fewer, or smaller ones"
            )
        return text

    def keep(self, name: str, text: str) -> None:
        self._texts[name] = text

    def all(self) -> dict[str, Any]:
        return {name: json.loads(text) for name, text in self._texts.items()}

    def get(self, name: str, default: Any) -> Any:
        return json.loads(self._texts[name]) if name in self._texts else default
