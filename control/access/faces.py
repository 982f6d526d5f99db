"""From who is logged in to the actor that the history names."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser

from control.lifecycle.actor import Actor
from control.models import ApiKey, ControlEvent


def actor_of(user: AbstractBaseUser, face: ControlEvent.Face, key: ApiKey | None = None) -> Actor:
    """The user under the name that records show; a key adds its own, so that scripts can be told apart."""
    name = user.get_username()
    return Actor(f"{name} ({key.name})"[:150] if key else name, face, user)
