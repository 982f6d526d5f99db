"""Settings for somebody who asks what is wrong with them: what cannot be used is left out, and remembered.

Needs no settings, no database, and of the dependencies Django alone.
"""

from __future__ import annotations

import os
import secrets
import sys
from importlib import import_module
from pathlib import Path

from control import environment
from control.environment import WrongSetting
from control.management.doctor.finding import Level
from control.management.doctor.refused_settings import refused
from control.management.doctor.software import look_at_dependencies

BASE_DIR = Path(__file__).resolve().parent.parent


def load_settings_anyway() -> None:
    """Import the settings, without what they refuse. Ends the process where something that it needs is missing."""
    broken = [found for found in look_at_dependencies() if found.level == Level.WRONG]
    if broken:
        sys.stderr.writelines(f"wrong: {found.text} {found.remedy}\n" for found in broken)
        sys.exit(1)
    while not _loaded():
        pass


def _loaded() -> bool:
    try:
        _make_no_secret_key()
        import_module("control.settings")
    except WrongSetting as error:
        if not [os.environ.pop(name) for name in (error.name, f"{error.name}_FILE") if name in os.environ]:
            raise  # a default that cannot be used
        refused.append(str(error))
        return False
    return True


def _make_no_secret_key() -> None:
    """The settings make a missing key and the data directory around it; somebody who only looks makes nothing."""
    file = environment.path("GWANJE_DATA_DIR", "data", below=BASE_DIR) / "secret-key"
    if environment.secret("GWANJE_SECRET_KEY") or os.access(file, os.R_OK):
        return
    os.environ["GWANJE_SECRET_KEY"] = secrets.token_urlsafe(48)
