"""What must fit together in a station file: slots and their instruments, addresses, commands, safe states."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stations.checked_yaml import Entry
from stations.declared_keys import SLUG, read_keys, read_value
from stations.driver_language import check_language
from stations.driver_options import DRIVER_OPTIONS, TIMEOUT
from stations.drivers.address import network_address, tcp_address
from stations.drivers.loading import BUILT_IN, cannot_exist, is_allowed
from stations.station_keys import SIMULATED_MODELS

VALUE = "{value}"
LANE = re.compile(r"lane-\d+")
LOCAL_HOSTS = ("127.0.0.1", "localhost")


def check_whole(top: Entry, read: dict[str, Any], allowed: Collection[str] = ()) -> None:
    """Add a problem for everything that does not fit together. `read`: the values below `top`; `allowed`: drivers."""
    instruments = read.get("instruments", {})
    for name, instrument in instruments.items():
        _check_instrument(top.at("instruments", name), name, instrument, allowed)
    _check_addresses(top.at("instruments"), instruments)
    _check_slots(top.at("slots"), read.get("slots", []), instruments)


def _check_instrument(entry: Entry, name: str, instrument: dict[str, Any], allowed: Collection[str]) -> None:
    if not SLUG.fullmatch(name):
        entry.problem("is not a good name; use up to 40 small letters, digits and hyphens")
    driver, resource = instrument.get("driver", ""), instrument.get("resource", "")
    if driver:
        _check_driver(entry.at("driver"), driver, allowed)
    if _holds_a_password(resource):
        entry.at("resource").problem("holds a user or password, which would be shown; give them as an option")
    _check_options(entry, driver, instrument)
    check_language(entry, name, instrument)
    for command, fields in instrument.get("commands", {}).items():
        _check_command(entry.at("commands", command), fields)
    if "safe_state" in instrument:
        _check_safe_state(entry.at("safe_state"), instrument["safe_state"])
    if "simulation" in instrument and resource:
        _check_simulated_resource(entry.at("resource"), resource, instrument["simulation"].get("model", ""))


def _check_driver(entry: Entry, driver: str, allowed: Collection[str]) -> None:
    if not is_allowed(driver, allowed):
        known = ", ".join(sorted({*BUILT_IN, *allowed}))
        entry.problem(f"there is no driver {driver!r} here; choose one of {known}, or allow it by GWANJE_DRIVERS")
    elif driver not in BUILT_IN and (why := cannot_exist(driver)):
        entry.problem(f"{driver!r} {why}")


def _holds_a_password(resource: str) -> bool:
    try:
        found = urlsplit(resource)
    except ValueError:
        return False
    return bool(found.username or found.password)


def _check_options(entry: Entry, driver: str, instrument: dict[str, Any]) -> None:
    """Read them once more as the driver declares them, which gives each its own kind."""
    options = instrument.get("options")
    if driver in DRIVER_OPTIONS and options is not None:
        instrument["options"] = read_keys(entry.at("options"), DRIVER_OPTIONS[driver])
    elif options:
        for name in options.keys() & TIMEOUT.keys():
            options[name] = read_value(entry.at("options", name), TIMEOUT[name])


def _check_command(entry: Entry, fields: dict[str, Any]) -> None:
    if "write" not in fields and "query" not in fields:
        entry.problem("has neither `write` nor `query`; add at least one")
    if VALUE not in fields.get("write", VALUE):
        entry.at("write").problem("does not say where the value goes; write {value} there")
    if VALUE in fields.get("query", ""):
        entry.at("query").problem("holds {value}, but a question has none; write the question alone")
    low, high = fields.get("minimum"), fields.get("maximum")
    if low is not None and high is not None and low > high:
        entry.at("minimum").problem(f"is above the maximum ({low:g} > {high:g}); exchange them")
    for name in ("minimum", "maximum"):
        if name in fields and fields.get("type", "number") != "number":
            entry.at(name).problem("limits a number, but this is none; remove it, or change `type`")


def _check_safe_state(entry: Entry, steps: list[dict[str, str]]) -> None:
    for at, step in enumerate(steps):
        if ("check" in step) != ("expect" in step):
            entry.at(at).problem("needs `check` and `expect` together, or neither")
        for key in ("write", "check"):
            if VALUE in step.get(key, ""):
                entry.at(at, key).problem("holds {value}, but nobody gives one here; write what makes it safe")
    if steps and not any("check" in step for step in steps):
        entry.problem("nothing proves this safe state; give at least one entry a `check` and what to `expect`")


def _check_simulated_resource(entry: Entry, resource: str, model: str) -> None:
    scheme = SIMULATED_MODELS.get(model, "")
    if scheme is None:
        if not Path(resource).is_absolute() or resource.startswith("/dev/"):
            entry.problem("a simulated board needs the absolute path of a file that the bench may create, not in /dev")
        return
    address = network_address(resource) if scheme else tcp_address(resource)
    if address is None or address[0] not in LOCAL_HOSTS or not resource.startswith(scheme):
        example = f"{scheme}://127.0.0.1:15101" if scheme else "TCPIP::127.0.0.1::15101::SOCKET"
        entry.problem(f"a simulated instrument needs an address on this host, like {example}")


def _check_addresses(entry: Entry, instruments: dict[str, Any]) -> None:
    owners: dict[object, str] = {}
    for name, instrument in instruments.items():
        resource = instrument.get("resource", "")
        owner = owners.setdefault(_place(resource), name)
        if owner != name and resource:
            entry.at(name).problem(f"has the same resource as {owner!r}; two instruments cannot share one address")


def _place(resource: str) -> object:
    """What one instrument alone can be at, however it is written."""
    if (address := tcp_address(resource)) is not None:
        return address[0].lower(), address[1]
    if resource.startswith("/"):
        return os.path.normpath(resource)
    if resource.startswith("socket://"):
        try:
            found = urlsplit(resource)
            return found.hostname, found.port
        except ValueError:
            return resource
    return resource if "://" in resource else resource.upper()


def _check_slots(entry: Entry, slots: list[dict[str, Any]], instruments: dict[str, Any]) -> None:
    owners: dict[str, str] = {}
    seen: set[str] = set()
    for at, slot in enumerate(slots):
        name = slot.get("id", "")
        if name in seen:
            entry.at(at).problem(f"is the second slot with the id {name!r}; ids must differ")
        elif LANE.fullmatch(name):
            entry.at(at, "id").problem(f"{name!r} is the name of a lane, work without a bench; choose another one")
        if name:
            seen.add(name)
        for role, instrument in slot.get("instruments", {}).items():
            _check_role(entry.at(at, "instruments", role), name, role, instrument, instruments, owners)


def _check_role(
    entry: Entry, slot: str, role: str, name: str, instruments: dict[str, Any], owners: dict[str, str]
) -> None:
    if not role.isidentifier():
        entry.problem(f"{role!r} is no role that a sequence could ask for; use letters, digits and underscores")
    if name not in instruments:
        entry.problem(f"there is no instrument {name!r}; the file describes {', '.join(instruments) or 'none'}")
    elif owners.setdefault(name, slot) != slot and not instruments[name].get("shared"):
        entry.problem(
            f"{name!r} is already used by slot {owners[name]!r}; give this slot its own, or set `shared: true`"
        )
