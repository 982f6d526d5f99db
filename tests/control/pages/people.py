"""Browsers of people with different rights, for the tests of pages."""

from __future__ import annotations

from django.contrib.auth.models import Group, User
from django.test import Client

from control.access.rights import Role

# Nobody, somebody without a group, and one person of each role.
WHO = ("anonymous", "stranger", *Role.values)


def person(name: str) -> User:
    """The user of this name, in the group of the same name if there is a role like that."""
    user, created = User.objects.get_or_create(username=name)
    if created:
        user.set_password("a good password")
        user.save()
        user.groups.set([Group.objects.get_or_create(name=name)[0]] if name in Role.values else [])
    return user


def browser_of(name: str, *, csrf: bool = False) -> Client:
    client = Client(enforce_csrf_checks=csrf)
    if name != "anonymous":
        client.force_login(person(name))
    return client
