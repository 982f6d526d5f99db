"""The bench process: python -m stations.bench --station-file station.yaml --data-dir DIR."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from stations.bench.command_log import CommandLog
from stations.bench.control_socket import serve_orders
from stations.bench.workbench import Workbench
from stations.station_file import Station, StationFileError, read_station_file

# The guards make safe when everything else dies, and their OFF must still find its instruments.
OUTLIVE_S = 2.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m stations.bench", description="Play the station's instruments.")
    parser.add_argument("--station-file", type=Path, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--ready-fd", type=int, help="gets one byte as soon as every instrument can be reached")
    parser.add_argument("--lifeline-fd", type=int, help=f"the bench ends {OUTLIVE_S:g} s after this one is closed")
    arguments = parser.parse_args()
    try:
        asyncio.run(_serve(read_station_file(arguments.station_file), arguments))
    except (StationFileError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


async def _serve(station: Station, arguments: argparse.Namespace) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    if arguments.lifeline_fd is not None:
        _end_after(arguments.lifeline_fd, over)
    folder = arguments.data_dir / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    workbench = Workbench(station, CommandLog(folder / "commands.jsonl"))
    try:
        await workbench.plug_all()
        orders = await serve_orders(folder, workbench.obey)
        if arguments.ready_fd is None:
            sys.stdout.write("The bench is ready.\n")
            sys.stdout.flush()
        else:
            os.write(arguments.ready_fd, b"1")
        await over.wait()
        orders.close()
    finally:
        workbench.unplug_all()


def _end_after(lifeline: int, over: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def closed() -> None:
        if not os.read(lifeline, 4096):
            loop.remove_reader(lifeline)
            loop.call_later(OUTLIVE_S, over.set)

    loop.add_reader(lifeline, closed)


if __name__ == "__main__":
    sys.exit(main())
