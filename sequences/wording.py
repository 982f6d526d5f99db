"""A text for people that is put together where no translation is at hand, and said later in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

LONGEST_QUOTED = 100  # characters of what somebody gave that a sentence repeats


@dataclass(frozen=True)
class Wording:
    """An English text with named places, `%(name)s`, and what stands there. A value may be a wording itself."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def said(self, translate: Callable[[str], str]) -> str:
        """The whole text, after `translate` has turned its fixed parts into another language."""
        values = {
            name: value.said(translate) if isinstance(value, Wording) else value for name, value in self.values.items()
        }
        return translate(self.text) % values

    def __str__(self) -> str:
        return self.said(str)


def shown(value: object) -> str:
    """What somebody gave, as Python writes it: also a number with more digits than Python is ready to write."""
    try:
        return quoted(repr(value))
    except ValueError:
        return "a number of thousands of digits"


def figure(number: float) -> str:
    """A number as its author wrote it: no digit is rounded away, and none is made up by the arithmetic of floats."""
    return f"{number:.15g}"


def quoted(text: str) -> str:
    """What somebody gave, as a sentence about it repeats it: enough to find it again, however long it is."""
    return text if len(text) <= LONGEST_QUOTED else text[:LONGEST_QUOTED] + "…"
