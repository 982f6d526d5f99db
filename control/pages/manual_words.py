"""What the page of a slot says: what somebody asked of an instrument, and what it answered."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from control.history.facts import Facts, control_event_facts
from control.models import ControlEvent
from control.pages.told import told_text
from control.pages.values import NOTHING, number_text
from sequences.wording import figure


def reading_text(value: Any, unit: str) -> str:
    """A reading as `slot.js` writes it, too."""
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if isinstance(value, int | float):
        return f"{number_text(value)} {unit}".rstrip()
    return str(value) if value not in (None, "") else NOTHING


def range_text(command: Facts) -> str:
    """What a number may be."""
    low, high = command["minimum"], command["maximum"]
    words = {"from": "" if low is None else figure(low), "to": "" if high is None else figure(high)}
    words["unit"] = command["unit"]
    if low is not None and high is not None:
        return (_("%(from)s to %(to)s %(unit)s") % words).strip()
    if low is not None:
        return (_("at least %(from)s %(unit)s") % words).strip()
    return (_("at most %(to)s %(unit)s") % words).strip() if high is not None else ""


def asked_words(event: Facts) -> str:
    """What somebody asked."""
    details = event["details"]
    if event["kind"] != ControlEvent.Kind.MANUAL_COMMAND:
        return str(ControlEvent.Kind(event["kind"]).label)
    name, command = details["instrument"], details.get("command", "")
    if "text" in details:
        return f"{name}: {details['text']}"
    if "value" in details:
        return f"{name}: {command} = {reading_text(details['value'], details.get('unit', ''))}"
    return f"{name}: {command}?" if command else _("%(instrument)s: is it there?") % {"instrument": name}


def answer_text(event: Facts) -> str:
    """What came of it; empty while that is not known."""
    after = event["after"]
    if not after:
        return ""
    if said := after.get("error") or after.get("note"):
        return told_text(said)
    if event["kind"] != ControlEvent.Kind.MANUAL_COMMAND:
        return _("done")
    if after.get("value") is not None:
        return reading_text(after["value"], after.get("unit", ""))
    return after.get("text") or _("sent")


def said_of(row: ControlEvent) -> tuple[str, bool]:
    """The sentence for whoever has just asked, and whether all is well."""
    event = control_event_facts(row)
    what, answer = asked_words(event), answer_text(event)
    if not answer:
        return _("%(what)s: sent, not answered yet.") % {"what": what}, True
    wrong = bool(event["after"].get("error") or event["after"].get("note"))
    return f"{what} → {answer}", not wrong


def manual_words() -> dict[str, object]:
    """For the script of the page."""
    return {
        "on": _("on"),
        "off": _("off"),
        "nothing": NOTHING,
        "ends_in": _("The session ends by itself in %(left)s, unless somebody gives a command."),
    }
