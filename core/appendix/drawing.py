"""A drawing of rectangles, wedges and words that is written as SVG and as PDF, without a package that draws.

Lengths are points, the origin is the upper left corner. A PDF names its own Helvetica and holds Latin letters alone;
what it lacks stands as "?" there, and as it is in the SVG.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

INK, GRID = "#1c2421", "#d8ddd5"


@dataclass(frozen=True, slots=True)
class Bar:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True, slots=True)
class Wedge:
    """A part of a ring around a centre: radii, and angles in radians, clockwise from the top."""

    x: float
    y: float
    inner: float
    outer: float
    begin: float
    end: float
    colour: str


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text; `anchor` is start, middle or end; `turn` in degrees, clockwise."""

    x: float
    y: float
    text: str
    size: float = 9.0
    anchor: str = "start"
    turn: float = 0.0
    colour: str = INK


@dataclass(slots=True)
class VectorDrawing:
    """What is drawn, in order, on a page of that size."""

    width: float
    height: float
    title: str
    shapes: list[Bar | Wedge | TextLine] = field(default_factory=list)

    def svg(self) -> str:
        """The drawing as one SVG that loads nothing."""
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width:g}" height="{self.height:g}" '
            f'viewBox="0 0 {self.width:g} {self.height:g}" font-family="Helvetica, Arial, sans-serif" role="img">',
            f"<title>{_inert(self.title)}</title>",
            f'<rect width="{self.width:g}" height="{self.height:g}" fill="#ffffff"/>',
            *map(_svg, self.shapes),
            "</svg>\n",
        ]
        return "\n".join(parts)

    def pdf(self) -> bytes:
        """The drawing as a PDF of one page; the same drawing gives the same bytes."""
        page = zlib.compress("\n".join(_pdf(shape, self.height) for shape in self.shapes).encode("latin-1"), 9)
        title = _letters(self.title)
        objects = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {self.width:g} {self.height:g}] /Contents 4 0 R "
            "/Resources << /Font << /F1 5 0 R >> >> >>".encode(),
            f"<< /Length {len(page)} /Filter /FlateDecode >>\nstream\n".encode() + page + b"\nendstream",
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            b"<< /Title (" + title.encode("latin-1") + b") /Producer (Winnow) >>",
        ]
        whole, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
        for number, body in enumerate(objects, 1):
            places.append(len(whole))
            whole += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
        table = "".join(f"{place:010} 00000 n \n" for place in places)
        tail = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(objects) + 1} "
        return whole + f"{tail}/Root 1 0 R /Info 6 0 R >>\nstartxref\n{len(whole)}\n%%EOF\n".encode()


def width_of(text: str, size: float) -> float:
    """About how wide a line is set: Helvetica's letters are half as wide as high, on the average."""
    return (
        sum(0.28 if c in "iljt.,:;'|! " else 0.83 if c in "mwMW%" else 0.66 if c.isupper() else 0.53 for c in text)
        * size
    )


def _svg(shape: Bar | Wedge | TextLine) -> str:
    match shape:
        case Bar():
            return (
                f'<rect x="{shape.x:.2f}" y="{shape.y:.2f}" width="{shape.width:.2f}" height="{shape.height:.2f}" '
                f'fill="{shape.colour}"/>'
            )
        case Wedge():
            big = int(shape.end - shape.begin > math.pi)
            (ax, ay), (bx, by) = _at(shape, shape.outer, shape.begin), _at(shape, shape.outer, shape.end)
            (cx, cy), (dx, dy) = _at(shape, shape.inner, shape.end), _at(shape, shape.inner, shape.begin)
            return (
                f'<path d="M{ax:.2f} {ay:.2f}A{shape.outer:g} {shape.outer:g} 0 {big} 1 {bx:.2f} {by:.2f}'
                f'L{cx:.2f} {cy:.2f}A{shape.inner:g} {shape.inner:g} 0 {big} 0 {dx:.2f} {dy:.2f}Z" '
                f'fill="{shape.colour}" stroke="#ffffff" stroke-width="0.6"/>'
            )
        case TextLine():
            turned = f' transform="rotate({shape.turn:.1f} {shape.x:.2f} {shape.y:.2f})"' if shape.turn else ""
            return (
                f'<text x="{shape.x:.2f}" y="{shape.y:.2f}" font-size="{shape.size:g}" text-anchor="{shape.anchor}" '
                f'fill="{shape.colour}"{turned}>{_inert(shape.text)}</text>'
            )


def _inert(text: str) -> str:
    """A text that XML shows as it is; what XML cannot hold is left out."""
    return escape("".join(c for c in text if c.isprintable() and not "\ud800" <= c <= "\udfff"))


def _pdf(shape: Bar | Wedge | TextLine, height: float) -> str:
    match shape:
        case Bar():
            low = height - shape.y - shape.height
            return f"{_fill(shape.colour)} {shape.x:.2f} {low:.2f} {shape.width:.2f} {shape.height:.2f} re f"
        case Wedge():
            outer = list(_arc(shape, shape.outer, shape.begin, shape.end))
            inner = list(_arc(shape, shape.inner, shape.end, shape.begin))
            first, last = _at(shape, shape.outer, shape.begin), _at(shape, shape.inner, shape.end)
            lines = [f"{first[0]:.2f} {height - first[1]:.2f} m", *(_curve(points, height) for points in outer)]
            lines += [f"{last[0]:.2f} {height - last[1]:.2f} l", *(_curve(points, height) for points in inner)]
            return f"{_fill(shape.colour)} 1 1 1 RG 0.6 w " + " ".join(lines) + " h B"
        case TextLine():
            text = _letters(shape.text)
            wide = width_of(shape.text, shape.size)
            back = {"start": 0.0, "middle": wide / 2, "end": wide}[shape.anchor]
            angle = -math.radians(shape.turn)
            cos, sin = math.cos(angle), math.sin(angle)
            x, y = shape.x - back * cos, height - shape.y - back * sin
            turned = f"{cos:.4f} {sin:.4f} {-sin:.4f} {cos:.4f} {x:.2f} {y:.2f} Tm"
            return f"{_fill(shape.colour)} BT /F1 {shape.size:g} Tf {turned} ({text}) Tj ET"


def _letters(text: str) -> str:
    """A text as a PDF's string: Latin letters, its own marks escaped."""
    plain = text.replace("–", "-").replace("…", "...").encode("latin-1", "replace").decode("latin-1")
    plain = "".join(c if c.isprintable() else " " for c in plain)
    return plain.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _fill(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return f"{red:.3f} {green:.3f} {blue:.3f} rg"


def _at(shape: Wedge, radius: float, angle: float) -> tuple[float, float]:
    return shape.x + radius * math.sin(angle), shape.y - radius * math.cos(angle)


def _arc(shape: Wedge, radius: float, begin: float, end: float) -> Iterator[Sequence[tuple[float, float]]]:
    """An arc as Bezier curves of at most a quarter circle: the two handles and the end of each."""
    steps = max(1, math.ceil(abs(end - begin) / (math.pi / 2)))
    part = (end - begin) / steps
    reach = 4 / 3 * math.tan(part / 4) * radius
    for step in range(steps):
        one, other = begin + step * part, begin + (step + 1) * part
        (ax, ay), (bx, by) = _at(shape, radius, one), _at(shape, radius, other)
        yield (
            (ax + reach * math.cos(one), ay + reach * math.sin(one)),
            (bx - reach * math.cos(other), by - reach * math.sin(other)),
            (bx, by),
        )


def _curve(points: Sequence[tuple[float, float]], height: float) -> str:
    return " ".join(f"{x:.2f} {height - y:.2f}" for x, y in points) + " c"
