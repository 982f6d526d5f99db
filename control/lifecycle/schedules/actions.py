"""What a schedule can do: a fixed table. A row never names a function, a command or a path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from control.lifecycle.given_datasets import OPTIONS
from control.lifecycle.refusals import BadValue
from control.lifecycle.submit import Answer, Order
from control.models import Batch, Schedule

Action = Schedule.Action
# Of an order; kept where they were given.
OF_ITEMS = ("dataset", "target_dataset", *OPTIONS, "fresh")


@dataclass(frozen=True)
class Option:
    """A whole number of days that a chore takes. `default` None: it must be given."""

    flag: str
    shortest: int
    longest: int
    default: int | None


@dataclass(frozen=True)
class Chore:
    """A command of manage.py that a station's housekeeping runs beside everything else."""

    command: str
    options: Mapping[str, Option]

    def arguments(self, given: Mapping[str, Any]) -> list[str]:
        chosen = {name: given.get(name, option.default) for name, option in self.options.items()}
        return [self.command, *(f"{self.options[name].flag}={value}" for name, value in chosen.items())]


CHORES: dict[Action, Chore] = {
    Action.BACKUP: Chore("backup", {"keep_days": Option("--keep-days", 1, 3650, 7)}),
    Action.PRUNE: Chore("prune", {"older_than_days": Option("--older-than", 1, 36_500, None)}),
}


def order_of(schedule: Schedule) -> Order:
    """What a schedule submits each time."""
    kept = schedule.order
    return Order(**{**kept, "priority": Batch.Priority[kept["priority"]]})


def as_kept(order: Order) -> dict[str, Any]:
    """An order as a row keeps it. It always waits for its slot."""
    return {
        "sequence": order.sequence,
        "slot": order.slot,
        "name": order.name,
        "subject": order.subject,
        "parameters": dict(order.parameters),
        "priority": Batch.Priority(order.priority).name,
        **{name: value for name in OF_ITEMS if not _is_left_out(value := getattr(order, name))},
    }


def _is_left_out(value: Any) -> bool:
    return value is None or value is False  # 0 is a value: of the size of chunks, for example


def told_result(answer: Answer, queued: str) -> str:
    """What came of a submit; `queued` where a new batch did."""
    if answer.existing:
        return "Nothing new: the same is being done already."
    return "Nothing new: the same has been done before." if answer.cached else queued


def check_options(action: Action, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a chore, complete. Raises BadValue that names what is wrong."""
    options = CHORES[action].options
    for name in given:
        if name not in options:
            raise BadValue(
                _("There is no option '%(name)s'. Known: %(names)s.")
                % {"name": name[:60], "names": ", ".join(options)},
                field="options",
            )
    return {name: _days(name, option, given.get(name, option.default)) for name, option in options.items()}


def _days(name: str, option: Option, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and option.shortest <= value <= option.longest:
        return value
    raise BadValue(
        _("'%(name)s' takes a whole number of days from %(shortest)d to %(longest)d.")
        % {"name": name, "shortest": option.shortest, "longest": option.longest},
        field=name,
    )
