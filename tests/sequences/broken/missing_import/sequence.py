"""Imports what is nowhere, and what is elsewhere."""

from __future__ import annotations

import json
from contextlib import suppress

import bench_tools_of_somebody_else.supplies
import decode
from sequences.authoring import Run, sequence, stepp

from . import tables
from .decode import decode as decode_reply
from .decoder import checksum

with suppress(ImportError):
    import perhaps_there

try:
    import orjson
except ImportError:
    orjson = json


@sequence
class Broken:
    @stepp
    def measure(self, run: Run) -> None:
        from ..elsewhere import secrets

        run.measure("rail", decode_reply("3.3"))
