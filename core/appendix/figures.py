"""The appendix's charts: the sunburst, bars over values, bars beside the paper's, and the way from candidates on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from core.appendix.drawing import GRID, Bar, TextLine, VectorDrawing, Wedge, width_of
from core.diversity.statistics import Histogram, VerbNounTable
from core.diversity.theme import LIGHT, hue
from core.words import number_of

WIDTH, HEIGHT = 468.0, 260.0
OURS, PAPERS = "#1f6f5c", "#c2703d"


def sunburst(table: VerbNounTable) -> VectorDrawing:
    """Root verbs inside, their objects around them, clockwise from the most frequent (Self-Instruct, figure 3)."""
    drawing = VectorDrawing(
        WIDTH, WIDTH, f"Root verbs and their objects, {table.shown:,} of {number_of(table.total, 'instruction')}"
    )
    centre, whole = WIDTH / 2, sum(sector.count for sector in table.sectors)
    verbs: dict[str, int] = {}
    for sector in table.sectors:
        verbs[sector.verb] = verbs.get(sector.verb, 0) + sector.count
    turn = 2 * math.pi / max(1, whole)
    angle = 0.0
    for place, (verb, count) in enumerate(verbs.items()):
        colour = _hex(place, len(verbs), 0)
        drawing.shapes.append(Wedge(centre, centre, 60, 130, angle, angle + count * turn, colour))
        _label(drawing, centre, 95, angle, angle + count * turn, verb, 60)
        inner = angle
        for sector in table.sectors:
            if sector.verb == verb:
                end = inner + sector.count * turn
                drawing.shapes.append(Wedge(centre, centre, 130, 210, inner, end, _hex(place, len(verbs), 1)))
                _label(drawing, centre, 170, inner, end, sector.noun, 74)
                inner = end
        angle += count * turn
    return drawing


def bars(histogram: Histogram, title: str, axis: str, ours: str = OURS) -> VectorDrawing:
    """A histogram with its n, mean and median."""
    drawing = VectorDrawing(WIDTH, HEIGHT, title)
    highest = max((one.count for one in histogram.bins), default=0) or 1
    _frame(drawing, title, axis, highest)
    room = (WIDTH - 80) / max(1, len(histogram.bins))
    for place, one in enumerate(histogram.bins):
        tall = (HEIGHT - 110) * one.count / highest
        drawing.shapes.append(Bar(56 + place * room, HEIGHT - 52 - tall, room * 0.9, tall, ours))
        if place % max(1, len(histogram.bins) // 10) == 0:
            drawing.shapes.append(TextLine(56 + place * room, HEIGHT - 38, f"{one.low:g}", 8, "middle"))
    if histogram.n:
        said = f"n = {histogram.n:,}, mean {histogram.mean or 0:.2f}, median {histogram.median or 0:.2f}"
        drawing.shapes.append(TextLine(WIDTH - 24, 34, said, 9, "end"))
    return drawing


def beside(rows: Sequence[tuple[str, float | None, float | None]], title: str, paper: bool = True) -> VectorDrawing:
    """Shares in percent, ours above the paper's: (name, ours, the paper's); None where there is none.

    Without `paper` there is a bar for ours alone.
    """
    drawing = VectorDrawing(WIDTH, 64 + 40.0 * len(rows), title)
    drawing.shapes.append(TextLine(24, 20, _cut(title, WIDTH - 40, 11), 11))
    for place, (name, ours, papers) in enumerate(rows):
        y = 46 + 40.0 * place
        drawing.shapes.append(TextLine(24, y + 14, _cut(name, 190, 9), 9))
        both = ((ours, OURS, "here"), (papers, PAPERS, "paper"))
        for row, (value, colour, whose) in enumerate(both if paper else both[:1]):
            top = y + row * 15
            drawing.shapes.append(Bar(220, top, 170, 12, GRID))
            if value is not None:
                drawing.shapes.append(Bar(220, top, 170 * min(100.0, value) / 100, 12, colour))
            told = "not judged" if value is None else f"{value:.1f}%"
            drawing.shapes.append(TextLine(396, top + 9.5, f"{told} {whose}", 8))
    return drawing


def funnel(steps: Mapping[str, int], title: str) -> VectorDrawing:
    """Counts on the way from candidates on, each as a bar of its length."""
    drawing = VectorDrawing(WIDTH, 50 + 24.0 * len(steps), title)
    drawing.shapes.append(TextLine(24, 20, _cut(title, WIDTH - 40, 11), 11))
    most = max(steps.values(), default=0) or 1
    for place, (name, n) in enumerate(steps.items()):
        y = 36 + 24.0 * place
        drawing.shapes.append(TextLine(24, y + 12, _cut(name, 176, 9), 9))
        drawing.shapes.append(
            Bar(
                206,
                y,
                190 * n / most,
                16,
                PAPERS if name.startswith(("dropped", "instances left out", "taken out")) else OURS,
            )
        )
        drawing.shapes.append(TextLine(210 + 190 * n / most, y + 12, f"{n:,}", 9))
    return drawing


def _frame(drawing: VectorDrawing, title: str, axis: str, highest: int) -> None:
    drawing.shapes += [TextLine(24, 20, title, 11), TextLine(WIDTH / 2, HEIGHT - 18, axis, 9, "middle")]
    for quarter in range(5):
        y = HEIGHT - 52 - (HEIGHT - 110) * quarter / 4
        drawing.shapes += [
            Bar(52, y, WIDTH - 76, 0.5, GRID),
            TextLine(48, y + 3, f"{highest * quarter / 4:,.0f}", 8, "end"),
        ]


def _label(
    drawing: VectorDrawing, centre: float, radius: float, begin: float, end: float, text: str, room: float
) -> None:
    """A word along its wedge's middle, where the wedge is wide enough for a line."""
    size = 8.0
    if (end - begin) * radius < size:
        return
    middle = (begin + end) / 2
    x, y = centre + radius * math.sin(middle), centre - radius * math.cos(middle)
    degrees = math.degrees(middle) - 90
    if middle > math.pi:
        degrees += 180
    away = math.radians(degrees + 90)
    x, y = x + 2.8 * math.cos(away), y + 2.8 * math.sin(away)
    drawing.shapes.append(TextLine(x, y, _cut(text, room, size), size, "middle", degrees))


def _cut(text: str, room: float, size: float) -> str:
    while text and width_of(text, size) > room:
        text = text[:-2].rstrip() + "…" if len(text) > 2 else ""
    return text


def _hex(place: int, of: int, ring: int) -> str:
    """The sector's colour as the charts on screen have it."""
    return hue(place, max(1, of), LIGHT.noun if ring else LIGHT.verb)
