"""Which sequence runs when none is named."""

from __future__ import annotations

from django.db.models import F
from django.utils.translation import gettext as _

from control.lifecycle.packages import known_packages
from control.lifecycle.refusals import BadValue, UnknownName
from stations.models import Slot, Station


def default_sequence(slot: str | None) -> str:
    """The named slot's own sequence, else its station's; without a slot that of the station whose heart beat last.

    Raises UnknownName for a slot that does not exist, BadValue when nothing has a default.
    """
    if slot is None:
        stations = Station.objects.exclude(default_sequence="").order_by(F("heartbeat_at").desc(nulls_last=True), "pk")
        found = stations.values_list("default_sequence", flat=True).first()
    else:
        found = _default_of(slot)
    if found:
        return found
    known = ", ".join(sorted(known_packages()))
    raise BadValue(_("No sequence was named, and there is no default one. Known: %(names)s.") % {"names": known})


def _default_of(name: str) -> str:
    slot = Slot.objects.filter(pk=name).select_related("station").first()
    if slot is None:
        raise UnknownName("slot", name, Slot.objects.values_list("pk", flat=True))
    return slot.sequence or slot.station.default_sequence
