"""Real photographs for tests and for a demo of datasets: they ship with scikit-image, and are cut into tiles.

`python -m tests.photographs FOLDER [COUNT]` writes them. scikit-image is installed for its pictures alone and is never
imported: what its code requires is not installed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import product
from pathlib import Path

from PIL import Image

# A person, a street, animals, food, stone, grass, a launch, the sky, the eye, a motorcycle: colours and textures apart.
PHOTOGRAPHS = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "coins.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "moon.png",
    "motorcycle_left.png",
    "retina.jpg",
    "rocket.jpg",
)

STEP = 7  # pixels


def photographs() -> list[Path]:
    """The files, in order. Raises FileNotFoundError where scikit-image is not installed."""
    found = find_spec("skimage")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("scikit-image is not installed: requirements-photographs.txt names it")
    folder = Path(next(iter(found.submodule_search_locations))) / "data"
    return [folder / name for name in PHOTOGRAPHS]


def tiles(count: int, side: int = 96) -> Iterator[tuple[str, Image.Image]]:
    """`count` tiles with names like `coffee/0007.jpg`, taken from all photographs in turn: the same each time.

    Each photograph is cut along a grid; when it has no more places, along another one that is moved a little.
    """
    sources = [(file.stem, picture := _read(file), _corners(picture.size, side)) for file in photographs()]
    for number in range(count):
        name, picture, corners = sources[number % len(sources)]
        left, top = next(corners)
        place = number // len(sources)
        yield f"{name}/{place:04}.jpg", picture.crop((left, top, left + side, top + side))


def _read(file: Path) -> Image.Image:
    with Image.open(file) as opened:
        return opened.convert("RGB")


def _corners(size: tuple[int, int], side: int) -> Iterator[tuple[int, int]]:
    moves = range(0, side, STEP)
    for down, right in sorted(product(moves, moves), key=lambda move: (abs(move[0] - move[1]), move)):
        for top in range(down, size[1] - side + 1, side):
            for left in range(right, size[0] - side + 1, side):
                yield left, top


def write_tiles(folder: Path, count: int = 1000, side: int = 96, brightness: float = 1.0) -> list[Path]:
    """Write tiles as JPEG below a folder, their light multiplied by `brightness`. Returns the files."""
    written = []
    for name, tile in tiles(count, side):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        tile.point(lambda level: min(255, round(level * brightness))).save(file, quality=90)
        written.append(file)
    return written


if __name__ == "__main__":
    chosen = write_tiles(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
    sys.stdout.write(f"{len(chosen)} tiles in {sys.argv[1]}\n")
