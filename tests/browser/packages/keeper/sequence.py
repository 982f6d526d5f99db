"""Keeps a text, a table and a picture, waits, and keeps some more."""

from __future__ import annotations

from sequences.authoring import Run, sequence, step

WIDTH, HEIGHT = 320, 200


def gradient() -> memoryview:
    """An array of uint8, as a camera's driver gives it: red from left to right, blue from top to bottom."""
    row = [(255 * x // WIDTH, 60) for x in range(WIDTH)]
    pixels = bytes(value for y in range(HEIGHT) for red, green in row for value in (red, green, 255 * y // HEIGHT))
    return memoryview(pixels).cast("B", (HEIGHT, WIDTH, 3))


@sequence
class Keeper:
    @step
    def note(self, run: Run) -> None:
        run.attach("notes.txt", "the cable was loose\n")
        run.attach("answer.csv", "frequency,level\n1000,-3.1\n" * 1000)

    @step
    def look(self, run: Run) -> None:
        run.measure("brightness", 0.7)
        run.attach_image("board", gradient())
        run.sleep(run.parameters.wait)

    @step
    def finish(self, run: Run) -> None:
        run.attach(
            "a name that is so long that it has to be broken somewhere, or else it reaches beyond a phone.log", "x"
        )
