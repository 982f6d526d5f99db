"""Plots as pictures to attach: bars of two datasets in the same bins. Light ground, so that they print."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

from PIL import Image, ImageDraw

from sequences.images.results import Histogram
from sequences.images.sheets import FAINT, GROUND, INK, font

WIDTH, HEIGHT, SCALE = 640, 360, 2  # drawn twice as large and made smaller, so that edges are smooth
LEFT, RIGHT, TOP, BOTTOM = 62, 18, 66, 50
REFERENCE, TARGET, GRID = "#8fa3b8", "#d9662b", "#e4e7eb"
VALUE_TICKS = 6


def compare(histogram: Histogram, remark: str, names: tuple[str, str]) -> Image.Image:
    """Shares of two datasets per bin: the reference as bars, the target as an outline over them. `names`: of both."""
    large = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), GROUND)
    draw = ImageDraw.Draw(large)
    both = [in_percent(histogram["counts"]), in_percent(histogram.get("target_counts", []))]
    top = max(1.0, *(max(shares, default=0.0) for shares in both))
    ticks = round_ticks(top)
    unit = f" ({histogram['unit']})" if histogram["unit"] else ""
    _write(draw, (LEFT, 12), histogram["title"], INK, 18)
    _write(draw, (WIDTH - RIGHT, 16), remark, FAINT, 13, "ra")
    _legend(draw, names)
    _grid(draw, ticks)
    _bars(draw, both[0], ticks[-1])
    _outline(draw, both[1], ticks[-1])
    _axis(draw, histogram["edges"])
    scale = ", logarithmic" if histogram["scale"] == "log" else ""
    _write(draw, ((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10), f"{histogram['title']}{unit}{scale}", FAINT, 12, "ms")
    return large.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def in_percent(counts: Sequence[int]) -> list[float]:
    total = sum(counts)
    return [100 * count / total for count in counts] if total else [0.0 for _ in counts]


def round_ticks(top: float) -> list[float]:
    """From 0 to at least `top` in three to six steps of 1, 2 or 5 times a power of ten."""
    rough = top / 5
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    count = -int(-top // step)
    return [round(step * number, 10) for number in range(count + 1)]


def _write(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, colour: str, size: int, anchor: str = "la"
) -> None:
    draw.text((at[0] * SCALE, at[1] * SCALE), text, colour, font(size * SCALE), anchor=anchor)


def _box(draw: ImageDraw.ImageDraw, corners: tuple[float, float, float, float], colour: str) -> None:
    draw.rectangle([round(corner * SCALE) for corner in corners], colour)


def _legend(draw: ImageDraw.ImageDraw, names: tuple[str, str]) -> None:
    x = float(LEFT)
    for name, colour in zip(names, (REFERENCE, TARGET), strict=True):
        _box(draw, (x, 42, x + 12, 54), colour)
        _write(draw, (x + 18, 41), name, INK, 12)
        x += 18 + draw.textlength(name, font(12 * SCALE)) / SCALE + 20


def _y(share: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share / top


def _grid(draw: ImageDraw.ImageDraw, ticks: list[float]) -> None:
    for tick in ticks:
        y = _y(tick, ticks[-1])
        draw.line((LEFT * SCALE, y * SCALE, (WIDTH - RIGHT) * SCALE, y * SCALE), GRID, SCALE)
        _write(draw, (LEFT - 8, y), f"{tick:g} %", FAINT, 12, "rm")


def _x(place: int, bins: int) -> float:
    return LEFT + (WIDTH - RIGHT - LEFT) * place / bins


def _bars(draw: ImageDraw.ImageDraw, shares: list[float], top: float) -> None:
    for place, share in enumerate(shares):
        if share:
            bins = len(shares)
            _box(draw, (_x(place, bins) + 1, _y(share, top), _x(place + 1, bins) - 1, HEIGHT - BOTTOM), REFERENCE)


def _outline(draw: ImageDraw.ImageDraw, shares: list[float], top: float) -> None:
    """A line in steps, closed to the ground at both ends."""
    points = [(_x(0, 1), _y(0, top))]
    for place, share in enumerate(shares):
        points += [(_x(place, len(shares)), _y(share, top)), (_x(place + 1, len(shares)), _y(share, top))]
    points.append((_x(1, 1), _y(0, top)))
    draw.line([(x * SCALE, y * SCALE) for x, y in points], TARGET, 2 * SCALE, joint="curve")


def _axis(draw: ImageDraw.ImageDraw, edges: list[float]) -> None:
    """Values below the edges of some bins, evenly apart."""
    ground = (HEIGHT - BOTTOM) * SCALE
    draw.line((LEFT * SCALE, ground, (WIDTH - RIGHT) * SCALE, ground), FAINT, SCALE)
    bins = len(edges) - 1
    for number in range(VALUE_TICKS + 1):
        place = round(bins * number / VALUE_TICKS)
        x = _x(place, bins)
        draw.line((x * SCALE, ground, x * SCALE, ground + 4 * SCALE), FAINT, SCALE)
        _write(draw, (x, HEIGHT - BOTTOM + 8), in_short(edges[place]), FAINT, 12, "ma")


def in_short(value: float) -> str:
    """`0.85`, `148`, `14.2k`, `3.1M`."""
    for least, divisor, letter in ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if abs(value) >= least:
            return f"{value / divisor:.3g}{letter}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
