"""Who intervenes, and through which face."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser

from control.models import ControlEvent

USER_REQUEST = "USER_REQUEST"
LONGEST_REASON = 500


@dataclass(frozen=True)
class Actor:
    name: str
    face: ControlEvent.Face
    user: AbstractBaseUser | None = None


# Gwanje itself: a host that stops, a sweep that repairs.
SYSTEM = Actor("gwanje", ControlEvent.Face.SYSTEM)
