"""A problem found in a package, said in the way of compilers: `file:line: CODE message`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Problem:
    """Codes begin with E for what keeps a package from running, with W for what is merely suspicious."""

    file: Path
    line: int
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.code} {self.message}"

    @property
    def is_error(self) -> bool:
        return self.code.startswith("E")
