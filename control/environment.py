"""Typed readers of the environment. A wrong value is refused in one sentence that names its variable."""

from __future__ import annotations

import os
import secrets
import tempfile
import zoneinfo
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

from control.durations import TAKES as DURATION
from control.durations import parse_duration

Default = TypeVar("Default", int, None)

YES = {"1", "true", "yes", "on"}
NO = {"0", "false", "no", "off"}


class WrongSetting(ImproperlyConfigured):
    """A variable of the environment holds something that it does not take."""

    def __init__(self, name: str, got: object, takes: str) -> None:
        super().__init__(f"{name} is {str(got)!r}, but it takes {takes}.")
        self.name = name


def text(name: str, default: str = "") -> str:
    """The value without surrounding blanks; an empty variable counts as not set."""
    return os.environ.get(name, "").strip() or default


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One of `allowed`, in any case."""
    value = text(name, default).upper()
    if value not in allowed:
        raise WrongSetting(name, text(name), "one of " + ", ".join(allowed))
    return value


def whole_number(name: str, default: Default) -> int | Default:
    """An integer. How large or small it may be is for the system checks to say."""
    value = text(name)
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise WrongSetting(name, value, "a whole number") from None


def yes_no(name: str, default: bool) -> bool:
    value = text(name, "yes" if default else "no").lower()
    if value not in YES | NO:
        raise WrongSetting(name, value, "yes or no")
    return value in YES


def duration(name: str, default_s: float) -> float:
    """A time in seconds, written as a number of seconds or with a unit: 500ms, 20s, 5m, 12h, 30d."""
    value = text(name, f"{default_s}s")
    try:
        return parse_duration(value)
    except ValueError:
        raise WrongSetting(name, value, DURATION) from None


def words(name: str) -> list[str]:
    """Values separated by commas or blanks."""
    return text(name).replace(",", " ").split()


def dotted_paths(name: str) -> list[str]:
    """Classes as `package.module.Class`, or all of a package as `package.*`."""
    found = words(name)
    for each in found:
        parts = each.removesuffix(".*").split(".")
        if not all(part.isidentifier() for part in parts) or (len(parts) < 2 and not each.endswith(".*")):
            raise WrongSetting(name, each, "dotted paths like package.module.Class or package.*, separated by commas")
    return found


def path(name: str, default: str, *, below: Path) -> Path:
    """An absolute path. A relative one counts from `below`, so that the working directory does not matter."""
    return (below / Path(text(name, default)).expanduser()).resolve()


def paths(name: str, *, below: Path) -> list[Path]:
    """Folders separated like those of PATH."""
    parts = text(name).split(os.pathsep)
    return [(below / Path(part).expanduser()).resolve() for part in parts if part]


def secret(name: str) -> str:
    """The value of `name`, or the content of the file that `<name>_FILE` names; empty when neither is set.

    Raises WrongSetting when the file cannot be read or is empty.
    """
    file = text(f"{name}_FILE")
    if not file:
        return text(name)
    try:
        found = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSetting(f"{name}_FILE", file, f"the path of a readable text file ({error})") from None
    if not found:
        raise WrongSetting(f"{name}_FILE", file, "the path of a file that is not empty")
    return found


def time_zone(name: str) -> str:
    """A zone such as Asia/Seoul; by default the one this host is set to."""
    value = text(name) or host_time_zone()
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise WrongSetting(name, value, "the name of a time zone such as Asia/Seoul") from None
    return value


def host_time_zone() -> str:
    """The host's own zone as /etc/localtime and /etc/timezone tell it, else UTC."""
    target = os.path.realpath("/etc/localtime")
    candidates = [target.partition("/zoneinfo/")[2]]
    with suppress(OSError):
        candidates.append(Path("/etc/timezone").read_text(encoding="utf-8").strip())
    known = zoneinfo.available_timezones()
    return next((candidate for candidate in candidates if candidate in known), "UTC")


def kept_secret(file: Path) -> str:
    """The secret in `file`, made on first use with mode 0600.

    Several processes may start at once: each writes a whole file of its own, and the link decides whose counts.
    Raises WrongSetting when the data directory cannot hold it.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
            with os.fdopen(handle, "w", encoding="ascii") as stream:
                stream.write(secrets.token_urlsafe(48))
            with suppress(FileExistsError):
                os.link(draft, file)
            Path(draft).unlink()
        return file.read_text(encoding="ascii").strip()
    except OSError as error:
        takes = f"a folder that this user can write ({error.strerror})"
        raise WrongSetting("GWANJE_DATA_DIR", file.parent, takes) from None
