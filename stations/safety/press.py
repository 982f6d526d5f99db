"""The emergency stop without settings, database or Django: `python -m stations.safety.press DATA_DIR`.

For the moment in which nothing else starts any more. Stops and latches every slot of the host; it is recorded when the
housekeeping finds the latches.
"""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from pathlib import Path

from uuid_utils.compat import uuid7

from stations.contracts import Latch
from stations.paths import StationPaths
from stations.safety.client import slots_known
from stations.safety.emergency import stop_slots


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m stations.safety.press", description="Stop and latch every slot.")
    parser.add_argument("data_dir", type=Path, help="the station's data directory, for example ./data")
    paths = StationPaths(parser.parse_args().data_dir)
    slots = slots_known(paths)
    latch = Latch(id=str(uuid7()), scope="all", by=getpass.getuser(), face="COMMAND", reason="pressed", at=time.time())
    answers = stop_slots(paths, slots, latch)
    for slot, answer in sorted(answers.items()):
        known = answer if isinstance(answer, str) else "off" if answer["safe"] else "SAFE STATE NOT CONFIRMED"
        sys.stdout.write(f"{slot}: {known}\n")
    if not slots:
        sys.stderr.write(f"{paths.data} is the data directory of no station.\n")
    return 0 if answers and all(not isinstance(each, str) and each["safe"] for each in answers.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
