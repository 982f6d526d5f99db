"""The table of what schedules can do, against the commands that it names."""

from __future__ import annotations

import pytest
from django.core.management import load_command_class

from control.lifecycle.schedules.actions import CHORES, Action, check_options

GIVEN = {Action.BACKUP: {"keep_days": 14}, Action.PRUNE: {"older_than_days": 90}}


def test_every_action_but_running_a_sequence_is_a_chore() -> None:
    assert set(CHORES) == set(Action) - {Action.RUN_SEQUENCE} == set(GIVEN)


@pytest.mark.parametrize(
    ("action", "flag", "days"), [(Action.BACKUP, "keep_days", 14), (Action.PRUNE, "older_than", 90)]
)
def test_commands_take_what_a_schedule_gives_them(action: Action, flag: str, days: int) -> None:
    command, *arguments = CHORES[action].arguments(check_options(action, GIVEN[action]))
    parsed = load_command_class("control", command).create_parser("manage.py", command).parse_args(arguments)
    assert getattr(parsed, flag) == days
