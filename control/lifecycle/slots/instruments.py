"""The instruments of a slot as its station file declares them, and whether they take what somebody asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from control.lifecycle.refusals import BadValue, UnknownName, can_be_kept
from sequences.wording import figure, quoted
from stations.drivers.command import Command
from stations.models import Slot

LONGEST_RAW = 1000  # characters
NOTHING: Any = object()


def commands_of(slot: Slot, instrument: str) -> dict[str, Command]:
    """What an instrument declares, by name."""
    described = slot.station.configuration.get("instruments", {}).get(instrument, {})
    return {name: Command.declared(name, fields) for name, fields in described.get("commands", {}).items()}


@dataclass(frozen=True)
class Asked:
    """A command as somebody asks for it: `value` sets, none reads, `text` is sent as it stands.

    `instrument`: its name, or its role in the slot.
    """

    instrument: str
    command: str = ""
    value: Any = NOTHING
    text: str | None = None

    def checked(self, slot: Slot) -> dict[str, Any]:
        """What is asked, under the names of a wish. Raises UnknownName, or BadValue with what is expected."""
        names = slot.instruments
        name = names.get(self.instrument, self.instrument)
        if name not in names.values():
            raise UnknownName("instrument", self.instrument, set(names.values()))
        asked: dict[str, Any] = {"instrument": name}
        if self.text is not None:
            return {**asked, "text": _checked_text(self.text)}
        if not self.command and self.value is NOTHING:
            return asked  # whether it is there
        known = commands_of(slot, name)
        if self.command not in known:
            raise UnknownName("command", self.command, known)
        declared = known[self.command]
        asked |= {"command": declared.name, "unit": declared.unit}
        if self.value is NOTHING:
            _check_readable(declared)
            return asked
        _check_takes(declared, self.value)
        return {**asked, "value": self.value}


def _checked_text(text: str) -> str:
    text = text.strip()
    if not text:
        raise BadValue(_("Nothing to send. Write a command."), field="text")
    if len(text) > LONGEST_RAW:
        raise BadValue(
            _("The command has %(given)d characters, at most %(longest)d are sent. Shorten it.")
            % {"given": len(text), "longest": LONGEST_RAW},
            field="text",
        )
    if not text.isprintable() or not can_be_kept(text):
        raise BadValue(_("A command is one line of visible characters."), field="text")
    return text


def _check_readable(declared: Command) -> None:
    if declared.query is None:
        raise BadValue(
            _("'%(command)s' can only be set. Give it a `query` in station.yaml to read it.")
            % {"command": declared.name},
            field="command",
        )


def _check_takes(declared: Command, value: Any) -> None:
    """By the function that also forms what is sent."""
    if declared.write is None:
        raise BadValue(_("'%(command)s' can only be read.") % {"command": declared.name}, field="command")
    try:
        declared.format(value)
    except (ValueError, TypeError, OverflowError):
        raise BadValue(
            _("'%(command)s' takes %(expected)s, not %(value)s.")
            % {"command": declared.name, "expected": expected(declared), "value": quoted(_shown(value))},
            field="value",
        ) from None


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return figure(value) if isinstance(value, int | float) and abs(value) < 1e300 else str(value)


def expected(declared: Command) -> str:
    """What a command takes, in words."""
    if declared.type == "boolean":
        return _("on or off")
    if declared.type == "text":
        return _("one line of text without semicolons")
    low, high, unit = declared.minimum, declared.maximum, declared.unit
    words = {"from": "" if low is None else figure(low), "to": "" if high is None else figure(high), "unit": unit}
    if low is not None and high is not None:
        return (_("%(from)s to %(to)s %(unit)s") % words).strip()
    if low is not None:
        return (_("at least %(from)s %(unit)s") % words).strip()
    if high is not None:
        return (_("at most %(to)s %(unit)s") % words).strip()
    return (_("a number in %(unit)s") % words).strip() if unit else _("a number")


def asked_text(details: dict[str, Any]) -> str:
    """What somebody asked, in no language: `supply-1: voltage = 5 V`, `meter-1: rail_3v3?`, `supply-1: *IDN?`."""
    name, command = details["instrument"], details.get("command", "")
    if "text" in details:
        return f"{name}: {details['text']}"
    if "value" in details:
        value = details["value"]
        shown = ("on" if value else "off") if isinstance(value, bool) else value
        shown = figure(shown) if isinstance(shown, int | float) else shown
        return f"{name}: {command} = {shown} {details['unit']}".rstrip()
    return f"{name}: {command}?" if command else f"{name}?"
