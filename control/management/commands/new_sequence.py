"""manage.py new_sequence NAME: a package to begin with, which validates, runs and passes its own test."""

from __future__ import annotations

import os
import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from control.management.refusing import REFUSED
from control.management.welcome import as_typed, manage, python
from sequences.catalogue import find_packages
from sequences.scaffolding import ScaffoldRefused, check_name, write_scaffold

# What stands in each file, in the order in which a person looks at them.
FILES = {
    "manifest.yaml": "what it needs, what may be chosen, what makes a board good",
    "sequence.py": "the steps",
    "test_{}.py": "tries it on simulated instruments",
    "README.md": "for whoever stands at the bench",
}


class Command(BaseCommand):
    requires_system_checks: list[str] = []
    help = (
        "Write the beginning of a new sequence package: into the first folder of GWANJE_SEQUENCE_DIRS, else into the "
        "current folder. Needs no database and no station."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="lower-case letters, digits and _, for example power_test")
        parser.add_argument("--folder", type=Path, help="write it there instead")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"]
        searched = [Path(folder) for folder in settings.SEQUENCE_DIRS]
        folder = (options["folder"] or next(iter(searched[1:]), Path.cwd())).expanduser().resolve()
        try:
            check_name(name)
            known = find_packages(searched).get(name)
            if known is not None:
                raise ScaffoldRefused(f"There is a sequence '{name}' already, at {known.path}. Choose another name.")
            package = write_scaffold(name, folder)
        except ScaffoldRefused as refusal:
            raise CommandError(str(refusal), returncode=REFUSED) from refusal
        except OSError as error:
            sentence = (
                f"{folder / name} cannot be written ({error.strerror or error}). Name another place with --folder."
            )
            raise CommandError(sentence, returncode=REFUSED) from error
        self._tell(package, found=folder in [each.resolve() for each in searched])

    def _tell(self, package: Path, *, found: bool) -> None:
        name, place = package.name, shlex.quote(_path_as_typed(package))
        self.stdout.write(f"{self.style.SUCCESS('Made')} {package}")
        for file, about in FILES.items():
            self.stdout.write(f"  {file.format(name):<{len(name) + 10}}{about}")
        if not found:
            self.stdout.write("\nSo that Gwanje finds it by its name:")
            self.stdout.write(f"  export GWANJE_SEQUENCE_DIRS={shlex.quote(_with_folder(package.parent))}")
        self.stdout.write("\nNext:")
        self.stdout.write(f"  {manage()} try_sequence {name if found else place} --simulate")
        if find_spec("pytest") is None:
            self.stdout.write(f"  {python()} -m pip install pytest")
        self.stdout.write(f"  {_python()} -m pytest -q {place}")
        self.stdout.write(f"  {manage()} check_sequences {place}")


def _path_as_typed(path: Path) -> str:
    """As short as it can be typed; with a separator in it, without which a command would take it for a name."""
    typed = as_typed(path)
    return typed if os.sep in typed else f".{os.sep}{typed}"


def _with_folder(folder: Path) -> str:
    return os.pathsep.join([*map(str, settings.SEQUENCE_DIRS[1:]), str(folder)])


def _python() -> str:
    """How Python is called so that it finds Gwanje, wherever it is called from."""
    here = Path.cwd() == settings.BASE_DIR
    return python() if here else f"PYTHONPATH={shlex.quote(str(settings.BASE_DIR))} {python()}"
