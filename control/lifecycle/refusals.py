"""Why something was not done: one typed error per answer, each with a sentence that says what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class Refused(Exception):
    """Nothing was changed. `status` is what an HTTP face answers."""

    status = 409


class NotFound(Refused):
    """The thing addressed does not exist."""

    status = 404


class UnknownName(Refused):
    """A name in the request stands for nothing."""

    status = 400

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(name, names, 1)
        hint = f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(names) or 'none'}."
        super().__init__(f"There is no {what} '{name}'. {hint}")


class BadValue(Refused):
    """A value in the request cannot be used."""

    status = 400


class WrongState(Refused):
    """The batch, slot or station is in a state that does not allow this."""


def check_length(what: str, text: str, longest: int) -> str:
    """Return the text. Raises BadValue when the database would cut it."""
    if len(text) > longest:
        raise BadValue(f"The {what} has {len(text)} characters, at most {longest} are kept. Shorten it.")
    return text
