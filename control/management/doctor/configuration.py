"""What is written down by people: the environment, and the station file."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage

from control.management.doctor.finding import Finding, Level, attention, good, wrong
from control.management.doctor.refused_settings import refused
from stations.station_file import StationFileError, read_station_file

# Those of files write a trial file, and those of the database have a look of their own.
LOOKED_AT = [checks.Tags.compatibility, checks.Tags.security]


def look_at_settings() -> Iterator[Finding]:
    """The variables that could not be read, and what the system checks say of the others."""
    for sentence in refused:
        yield wrong(sentence, "Correct it or leave it out, see docs/settings.md. What follows is seen without it.")
    found = checks.run_checks(tags=LOOKED_AT)
    yield from map(_as_finding, found)
    if not (found or refused):
        yield good(f"No bad combination; {'debugging is on' if settings.DEBUG else 'debugging is off'}")


def _as_finding(message: CheckMessage) -> Finding:
    level = Level.WRONG if message.is_serious() else Level.ATTENTION
    return Finding(level, str(message.msg), str(message.hint or ""))


def look_at_station_file() -> Iterator[Finding]:
    """Every problem of the file at once."""
    file = settings.STATION_FILE
    if not file.exists():
        remedy = "Write one (docs/instruments.md) or set GWANJE_STATION_FILE, unless this host only serves pages."
        yield attention(f"{file} does not exist, so no station can be started here.", remedy)
        return
    try:
        station = read_station_file(file, settings.DRIVERS)
    except StationFileError as error:
        for problem in str(error).splitlines():
            yield wrong(problem, f"Correct {file}, or set GWANJE_STATION_FILE to another file.")
        return
    slots, instruments = len(station.slots), len(station.instruments)
    yield good(f"{file}: station '{station.id}' with {slots} slots and {instruments} instruments")
