"""Command line for the faults of a running bench.

python -m stations.bench.faults --data-dir DIR INSTRUMENT FAULT [VALUE]
python -m stations.bench.faults --data-dir DIR state
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from stations.bench.control_socket import order


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m stations.bench.faults", description="Make an instrument misbehave."
    )
    parser.add_argument(
        "--data-dir", type=Path, required=True, help="the data directory that the bench was started with"
    )
    parser.add_argument("order", nargs="+", help="'state', or INSTRUMENT FAULT [VALUE], for example: supply-1 slow 0.5")
    arguments = parser.parse_args()
    try:
        answer = order(arguments.data_dir, arguments.order)
    except OSError as error:
        sys.stderr.write(
            f"No bench is running for {arguments.data_dir} ({error.strerror or error}); start one first.\n"
        )
        return 1
    sys.stdout.write(json.dumps(answer, indent=2) + "\n")
    return 0 if answer["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
