"""What every page of the shell needs: the emergency stop button, the data and the words of its scripts."""

from __future__ import annotations

import uuid
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import Error
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import translation

from control.access.page_token import page_token
from control.access.rights import Right, rights_of
from control.history.facts import Facts
from control.history.unsafe import read_unsafe
from control.journal.kinds import ALERTS
from control.journal.read import head
from control.lifecycle.safety.scopes import ALL, scope_here
from control.pages.controls import WORDS
from control.pages.told import told_text
from control.pages.words import shell_words

ANY_BATCH = uuid.UUID(int=0)


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of every template. Nothing is looked up until a template asks."""
    known = getattr(request, "_gwanje_shell", None)
    if known is None:
        known = request._gwanje_shell = Shell(request)
    return {"shell": known}


class Shell:
    """The part of a page that is the same everywhere, for one request."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def user(self) -> AbstractBaseUser | AnonymousUser:
        """Nobody, where the database cannot say who it is."""
        try:
            self.request.user.is_authenticated  # noqa: B018  the user is looked up now
            return self.request.user
        except (AttributeError, Error):
            return AnonymousUser()

    @cached_property
    def rights(self) -> frozenset[Right]:
        return rights_of(self.user)

    @property
    def sees(self) -> bool:
        return Right.SEE in self.rights

    @property
    def may_stop(self) -> bool:
        return Right.EMERGENCY_STOP in self.rights

    @property
    def may_operate(self) -> bool:
        return Right.OPERATE in self.rights

    @property
    def may_engineer(self) -> bool:
        return Right.ENGINEER in self.rights

    @property
    def may_reset(self) -> bool:
        return Right.RESET in self.rights

    @cached_property
    def unsafe(self) -> list[dict[str, Any]]:
        """The slots that are not known to be safe, for the banner; none where the database cannot say."""
        try:
            return [_shown(facts) for facts in self.unsafe_facts]
        except Error:
            return []

    @cached_property
    def unsafe_facts(self) -> list[Facts]:
        return read_unsafe()

    @property
    def token(self) -> str:
        return page_token(self.user)

    @cached_property
    def scope(self) -> str:
        return scope_here()

    @property
    def stops_all(self) -> bool:
        return self.scope == ALL

    @property
    def words(self) -> dict[str, Any]:
        return shell_words()

    @property
    def data(self) -> dict[str, Any]:
        """For the scripts of every page. Addresses of a batch hold {batch}, which scripts replace."""
        return {
            "csrf": get_token(self.request),
            "rights": sorted(self.rights),
            "language": translation.get_language(),
            "time_zone": settings.TIME_ZONE,
            "alerts_head": head(ALERTS),
            "unsafe": self.unsafe_facts,
            "urls": {
                "overview": reverse("control:overview"),
                "login": reverse("admin:login"),
                "reset": reverse("control:reset"),
                "make_safe": reverse("control:make_safe", args=["STATION", "SLOT"]),
                "unsafe": reverse("control:unsafe"),
                "batch": address("control:batch"),
                "slot": reverse("control:slot", args=["station", "slot"]).replace("station/slot", "{slot}"),
                **{word: address("control:control", word=word) for word in WORDS},
                **{word: slot_address(f"control:{word}") for word in ("in_service", "out_of_service")},
            },
        }


def _shown(facts: Facts) -> dict[str, Any]:
    mark = facts["unsafe"]
    times = {name: mark[name] and datetime.fromisoformat(mark[name]) for name in ("since", "confirmed_at")}
    problems = [(name, told_text(problem), problem) for name, problem in mark["problems"].items()]
    return {"id": facts["id"], "problems": problems, "names": ", ".join(mark["problems"]), **times}


def address(name: str, **more: str) -> str:
    """The address of a page of any batch, with {batch} where its id belongs."""
    return reverse(name, kwargs={"batch_id": ANY_BATCH, **more}).replace(str(ANY_BATCH), "{batch}")


def slot_address(name: str) -> str:
    """The address of something that is done to any slot, with {slot} where its id belongs."""
    return reverse(name, args=["a-station", "a-slot"]).replace("a-station/a-slot", "{slot}")
