#!/usr/bin/env python
"""The door to every command: `./manage.py help` lists them."""

from __future__ import annotations

import io
import os
import sys
import traceback

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(f"Gwanje needs Python 3.11 or newer, this is {sys.version.split()[0]}: run it with .venv/bin/python")

from django.core.management import execute_from_command_line

from control.environment import WrongSetting


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "control.settings")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that cannot show a name ends no command
    try:
        if sys.argv[1:2] == ["doctor"]:
            from control.settings_anyway import load_settings_anyway  # noqa: PLC0415  (no other command needs it)

            load_settings_anyway()  # what is wrong with them is what it is asked
        execute_from_command_line(sys.argv)
    except WrongSetting as error:
        sys.stderr.write(f"{error}\n")
        if "estop" in sys.argv:
            sys.stderr.write("The emergency stop without any setting: python -m stations.safety.press DATA_DIR\n")
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads on: `| head` has enough
        sys.exit(141)  # as a shell says it
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(130)  # as a shell says it
    except Exception:
        # Not 1, which Python would take: from run_batch that means that the subject was judged bad.
        traceback.print_exc()
        sys.exit(70)


if __name__ == "__main__":
    main()
