"""What a key of the station file takes, declared once: the checker reads values by it, editors get a schema of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from stations.checked_yaml import Entry

SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


class Takes(StrEnum):
    """What kind of value a key takes."""

    TEXT = "text"
    SLUG = "slug"  # small letters, digits, hyphens: ids
    INTEGER = "integer"
    NUMBER = "number"
    POSITIVE = "positive"  # a number above 0
    BOOLEAN = "boolean"  # or one of the words in `one_of`
    DATE = "date"
    TIME_ZONE = "time zone"
    URL = "url"
    ANY = "any"  # whatever YAML can say
    MAPPING = "mapping"  # of `keys`
    NAMED = "named"  # a mapping from names of one's own to `each`
    LIST = "list"  # of `each`


@dataclass(frozen=True)
class Key:
    """One key. `about` is for people; `low` and `high` are limits of numbers, in the unit that `about` names."""

    about: str
    takes: Takes = Takes.TEXT
    required: bool = False
    default: Any = None  # built in; for people and editors
    low: int = 0
    high: float = 0
    one_of: tuple[str, ...] = ()
    longest: int = 1000  # characters
    one_line: bool = True
    keys: Mapping[str, Key] = field(default_factory=dict)
    each: Key | None = None


Keys = Mapping[str, Key]


def read_keys(entry: Entry, keys: Keys) -> dict[str, Any]:
    """The values below an entry as plain data, without those that are left out. What is wrong becomes a problem."""
    found = entry.mapping(keys, [name for name, key in keys.items() if key.required])
    return {name: read_value(found[name], key) for name, key in keys.items() if name in found}


def read_value(entry: Entry, key: Key) -> Any:
    """One value as its key says; of a wrong one something of the right kind, where there is such a thing."""
    match key.takes:
        case Takes.MAPPING:
            return read_keys(entry, key.keys)
        case Takes.NAMED:
            return {name: read_value(below, _each(key)) for name, below in entry.mapping().items()}
        case Takes.LIST:
            return [read_value(item, _each(key)) for item in entry.sequence()]
        case Takes.INTEGER:
            return entry.integer(key.low, int(key.high))
        case Takes.NUMBER:
            return entry.number()
        case Takes.POSITIVE:
            return entry.positive(key.high)
        case Takes.BOOLEAN:
            return text if (text := entry.text()) in key.one_of else entry.boolean()
        case Takes.ANY:
            return entry.value()
        case Takes.DATE:
            return _date(entry)
    return _text(entry, key)


def _each(key: Key) -> Key:
    assert key.each is not None
    return key.each


def _text(entry: Entry, key: Key) -> str:
    text = entry.text()
    if len(text) > key.longest:
        entry.problem(f"has {len(text)} characters, at most {key.longest} are kept; shorten it")
    elif key.one_line and not text.isprintable():
        entry.problem("must be one line of text, without invisible characters")
    elif key.required and not text and entry.is_scalar and (not entry.written or ":-}" in entry.written):
        entry.problem("is empty; give it a value")
    elif key.one_of and text not in key.one_of:
        entry.problem(f"must be {', '.join(key.one_of[:-1])} or {key.one_of[-1]}, not {text!r}")
    elif entry.is_scalar and text:
        _check_form(entry, key.takes, text)
    return text


def _check_form(entry: Entry, takes: Takes, text: str) -> None:
    if takes is Takes.SLUG and not SLUG.fullmatch(text):
        entry.problem(f"{text!r} is not a good id; use up to 40 small letters, digits and hyphens")
    elif takes is Takes.TIME_ZONE and not _is_time_zone(text):
        entry.problem(f"there is no time zone {text!r}; write one like Asia/Seoul or Europe/Berlin")
    elif takes is Takes.URL and (problem := _url_problem(text)):
        entry.problem(problem)


def _is_time_zone(text: str) -> bool:
    try:
        ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        return False
    return True


def _url_problem(text: str) -> str:
    """The address itself is not repeated: people write passwords into it."""
    try:
        found = urlsplit(text)
        named = found.scheme in ("http", "https") and bool(found.hostname) and found.port != 0
    except ValueError:
        named = False
    if not named:
        return "is no address of a server; write it like https://gwanje.example"
    if found.username or found.password:
        return "holds a user or password, which would be shown; write the address alone"
    return "has a ? or #; write the address alone" if found.query or found.fragment else ""


def _date(entry: Entry) -> date | None:
    text = entry.text()
    try:
        return date.fromisoformat(text)
    except ValueError:
        entry.problem(f"{text!r} is not a date; write it like 2026-12-31")
        return None
