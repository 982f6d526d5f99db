#!/usr/bin/env python
"""The door to every command: `./manage.py help` lists them."""

from __future__ import annotations

import os
import sys
import traceback

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(f"Gwanje needs Python 3.11 or newer, this is {sys.version.split()[0]}: run it with .venv/bin/python")

from django.core.management import execute_from_command_line

from control.environment import WrongSetting


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "control.settings")
    try:
        execute_from_command_line(sys.argv)
    except WrongSetting as error:
        sys.stderr.write(f"{error}\n")
        if "estop" in sys.argv:
            sys.stderr.write("The emergency stop without any setting: python -m stations.safety.press DATA_DIR\n")
        sys.exit(2)
    except Exception:
        # Not 1, which Python would take: from run_batch that means that the subject was judged bad.
        traceback.print_exc()
        sys.exit(70)


if __name__ == "__main__":
    main()
