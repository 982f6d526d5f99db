"""The end of a station's runtime directory: it lies in a folder that everybody shares, so nothing stays there."""

from __future__ import annotations

import shutil
import socket
from contextlib import suppress
from pathlib import Path

from stations.paths import StationPaths


def remove_runtime(paths: StationPaths) -> None:
    """Remove the sockets of the dead, the folders of dead runners, and the directory when nothing else is in it."""
    for folder in paths.runtime.glob("guard-*.work"):
        shutil.rmtree(folder, ignore_errors=True)
    for address in [*paths.runtime.glob("*.sock"), *paths.bells.glob("*")]:
        if not _is_heard(address):
            with suppress(OSError):
                address.unlink()
    for folder in (paths.bells, paths.runtime):
        with suppress(OSError):  # somebody still listens there
            folder.rmdir()


def _is_heard(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as caller:
        try:
            caller.connect(str(address))
        except ConnectionRefusedError:
            return False
        except OSError:
            return True
    return True
