"""Whether slots take work and instruments are there, as the last look at them was written down. None is asked."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from control.history.facts import Facts
from control.history.health_part import ERROR, WARNING, part_of, problem
from control.history.slots import read_instruments
from control.lifecycle.slots.service import comes_back_by_itself, why_out_of_service
from stations.models import Slot


def bench_health() -> Facts:
    """Facts of the slots that station files name, and of their instruments, in two queries."""
    slots = list(Slot.objects.filter(in_file=True).order_by("station", "-kind", "position"))
    instruments = read_instruments()
    serving = sum(slot.in_service for slot in slots)
    usable = sum(not instrument["problem"] for instrument in instruments)
    counts = {"slots": len(slots), "in_service": serving, "instruments": len(instruments), "usable": usable}
    return part_of([*_out_of_service(slots), *_overdue(instruments)], **counts)


def _out_of_service(slots: list[Slot]) -> Iterable[Facts]:
    for slot in slots:
        why = why_out_of_service(slot)
        if why and comes_back_by_itself(slot):
            yield problem(ERROR, why, _("Check their power and cables. The slot comes back by itself."))
        elif why:
            yield problem(WARNING, why, _("An engineer puts it back into service on the overview."))


def _overdue(instruments: list[Facts]) -> Iterable[Facts]:
    for instrument in instruments:
        if instrument["calibration_overdue"]:
            text = _("The calibration of %(name)s was due on %(date)s.")
            said = text % {"name": instrument["id"], "date": instrument["calibration_due"]}
            yield problem(WARNING, said, _("Have it done, then correct the date in the station file."))
