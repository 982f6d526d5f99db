"""A problem found in a package, said in the way of compilers: `file:line: CODE message`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sequences.hints import HINTS


@dataclass(frozen=True, order=True)
class Problem:
    """Codes begin with E for what keeps a package from running, with W for what is merely suspicious."""

    file: Path
    line: int
    code: str
    message: str

    def __str__(self) -> str:
        return readable(f"{self.file}:{self.line}: {self.code} {self.message}")

    @property
    def is_error(self) -> bool:
        return self.code.startswith("E")

    @property
    def hint(self) -> str:
        """What to do, in English; a key of the translations. Empty for a code that has none."""
        return HINTS[self.code].text if self.code in HINTS else ""


def readable(text: str) -> str:
    """A text on one line that can be written anywhere, whatever bytes a file is named with."""
    shown = (letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
    return "".join(shown)
