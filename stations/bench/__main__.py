"""The bench process: python -m stations.bench --station-file station.yaml --data-dir DIR.

With --private it plays at free addresses for whoever started it, tells them, and leaves nothing behind.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from stations.bench.command_log import CommandLog
from stations.bench.control_socket import serve_orders
from stations.bench.free_addresses import at_free_addresses
from stations.bench.workbench import Workbench
from stations.drivers.loading import ANY
from stations.station_file import Station, StationFileError, read_station_file

# The guards make safe when everything else dies, and their OFF must still find its instruments.
OUTLIVE_S = 2.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m stations.bench", description="Play the station's instruments.")
    parser.add_argument("--station-file", type=Path, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--ready-fd", type=int, help="is written to as soon as every instrument can be reached")
    parser.add_argument("--lifeline-fd", type=int, help=f"the bench ends {OUTLIVE_S:g} s after this one is closed")
    parser.add_argument(
        "--private",
        action="store_true",
        help="play at free addresses, told through --ready-fd as one line of JSON; make the data directory, which must "
        "not be there, and remove it at the end",
    )
    arguments = parser.parse_args()
    try:
        station = read_station_file(arguments.station_file, [ANY])
        if arguments.ready_fd is None and not any(each.simulation for each in station.instruments.values()):
            raise OSError(
                f"No instrument in {arguments.station_file} has a `simulation`; give it to those to be played."
            )
        with _own_folder(arguments.data_dir) if arguments.private else nullcontext(), _only_bench(arguments.data_dir):
            asyncio.run(_serve(station, arguments))
    except (StationFileError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


@contextmanager
def _own_folder(folder: Path) -> Iterator[None]:
    """Raises FileExistsError: what somebody else made is not ours to remove."""
    folder.mkdir(mode=0o700)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _only_bench(data_dir: Path) -> Iterator[None]:
    """Raises OSError where another bench plays: its serial ports, which are links, and its orders would become ours."""
    folder = data_dir / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "bench.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(f"A bench is already running for {data_dir}. Use that one, or stop it first.") from None
        yield


async def _serve(station: Station, arguments: argparse.Namespace) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    if arguments.lifeline_fd is not None:
        _end_after(arguments.lifeline_fd, over)
    folder = arguments.data_dir / "bench"
    if arguments.private:
        station = at_free_addresses(station, folder)
    workbench = Workbench(station, CommandLog(folder / "commands.jsonl"))
    try:
        await workbench.plug_all()
        orders = await serve_orders(folder, workbench.obey)
        if arguments.ready_fd is None:
            lines = [f"{name} at {resource}" for name, resource in workbench.resources().items()]
            sys.stdout.write("\n".join([*lines, "The bench is ready. Ctrl-C ends it.\n"]))
            sys.stdout.flush()
        else:
            told = json.dumps(workbench.resources()).encode() + b"\n" if arguments.private else b"1"
            os.write(arguments.ready_fd, told)
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
