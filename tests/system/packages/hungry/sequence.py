"""Takes what it is asked to until somebody ends it."""

from __future__ import annotations

from pathlib import Path

from sequences.authoring import Run, sequence, step


@sequence
class Hungry:
    @step
    def eat(self, run: Run) -> None:
        getattr(self, run.parameters.appetite)(run)

    def memory(self, run: Run) -> None:
        taken = []
        while True:
            taken.append(bytearray(10_000_000))
            run.sleep(0.01)

    def cpu(self, run: Run) -> None:
        while True:
            sum(range(10_000))

    def wall(self, run: Run) -> None:
        run.sleep(60)

    def files(self, run: Run) -> None:
        opened = []
        while True:
            opened.append(Path("/dev/null").open())  # noqa: SIM115  (to have too many)

    def attachments(self, run: Run) -> None:
        for number in range(100):
            run.attach(f"{number}.txt", f"{number}".zfill(100_000))

    def spool(self, run: Run) -> None:
        while True:
            run.log("x" * 1000)
