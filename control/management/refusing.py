"""What the commands share: who sits at the keyboard, and how a refusal reads."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import OperationalError, ProgrammingError

from control.lifecycle.actor import Actor
from control.lifecycle.refusals import Refused
from control.models import ControlEvent

REFUSED = 2


def person_at_the_keyboard() -> Actor:
    return Actor(getpass.getuser(), ControlEvent.Face.COMMAND)


@contextmanager
def refusing() -> Iterator[None]:
    """Turn a refusal into one clear sentence and exit code 2."""
    try:
        yield
    except Refused as refusal:
        raise CommandError(str(refusal), returncode=REFUSED) from refusal
    except (OperationalError, ProgrammingError) as error:
        problem = str(error).strip().splitlines()[0]
        raise CommandError(
            f"The database does not answer: {problem}. If it is new, run first: manage.py migrate", returncode=REFUSED
        ) from error
