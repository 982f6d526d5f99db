"""What the commands share: who sits at the keyboard, and how a refusal reads."""

from __future__ import annotations

import getpass
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import DatabaseError, OperationalError, ProgrammingError

from control.lifecycle.actor import Actor
from control.lifecycle.refusals import Refused
from control.models import ControlEvent

REFUSED = 2
NEW_DATABASE = "If it is new, run first: manage.py migrate"
DAMAGED = "Restore a backup: manage.py restore ARCHIVE."


class StartFailed(Exception):
    """Something did not come up; the sentence says what and why."""


def person_at_the_keyboard() -> Actor:
    return Actor(getpass.getuser(), ControlEvent.Face.COMMAND)


def is_full(error: Exception) -> bool:
    """Whether the disk of a database has no room left."""
    cause = error.__cause__
    return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL or getattr(cause, "sqlstate", "") == "53100"


@contextmanager
def refusing(advice: str = NEW_DATABASE) -> Iterator[None]:
    """Turn a refusal into one clear sentence and exit code 2; `advice` is for a database that does not answer."""
    try:
        yield
    except (Refused, StartFailed) as refusal:
        raise CommandError(str(refusal), returncode=REFUSED) from refusal
    except (OperationalError, ProgrammingError) as error:
        problem = str(error).strip().splitlines()[0]
        if is_full(error):
            advice = "Make room there; pruning needs some, too."
        raise CommandError(f"The database does not answer: {problem}. {advice}", returncode=REFUSED) from error
    except DatabaseError as error:
        if type(error) is not DatabaseError:
            raise  # what we asked of it was wrong
        raise CommandError(f"The database is damaged: {error}. {DAMAGED}", returncode=REFUSED) from error
