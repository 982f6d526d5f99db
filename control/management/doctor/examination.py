"""Carrying out checks, each in a thread of its own: one that hangs keeps nobody waiting for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import Error, connections

from control.management.doctor.finding import Finding, attention, wrong

TIMEOUT_S = 8.0


@dataclass(frozen=True)
class Check:
    """Something to look at. `look` may find several things; what it found before it hung counts."""

    topic: str
    look: Callable[[], Iterable[Finding]]
    needs_database: bool = False
    timeout_s: float = TIMEOUT_S


def examine(checks: Sequence[Check]) -> Iterator[tuple[str, list[Finding]]]:
    """Look at everything at once, and tell what was found in the order of the checks."""
    begun = time.monotonic()
    looks = [_Look(check) for check in checks]
    for look in looks:
        look.start()
    for look in looks:
        look.join(max(0.0, begun + look.check.timeout_s - time.monotonic()))
        if found := look.result():
            yield look.check.topic, found
    if unknown := [look for look in looks if look.problem]:
        topics = ", ".join(look.check.topic for look in unknown)
        text = f"The database could not tell of {topics}: {unknown[0].problem}"
        yield "not known", [attention(text, "See what stands above under 'database', and look again.")]


class _Look(threading.Thread):
    def __init__(self, check: Check) -> None:
        super().__init__(daemon=True)  # one that hangs does not keep the process
        self.check = check
        self.found: list[Finding] = []
        self.problem = ""  # of the database, with which others have to do too

    def run(self) -> None:
        try:
            for finding in self.check.look():
                self.found.append(finding)
        except Error as error:
            self.problem = (str(error).strip().splitlines() or [type(error).__name__])[0]
        except Exception as error:
            self.found.append(_unexpected(error))
        finally:
            connections.close_all()  # those of this thread

    def result(self) -> list[Finding]:
        found = list(self.found)
        if self.is_alive():
            found.append(
                wrong(f"No answer within {self.check.timeout_s:g} s.", "Something below it hangs. Look again.")
            )
        return found


def _unexpected(error: Exception) -> Finding:
    """A permission that is missing, or an error of ours."""
    if isinstance(error, PermissionError):
        return wrong(f"This user may not look: {error}.", "Run the doctor as the user that runs Gwanje.")
    return wrong(f"The look itself failed: {type(error).__name__}: {error}", "Report this as an error of Gwanje.")
