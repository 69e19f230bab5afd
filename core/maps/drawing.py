"""The map's colours, and the map as SVG: what the page shows and what a paper prints are of one dress."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from core.diversity.theme import FONT, GRADES, Theme, hue
from core.maps.view import BANDS, NO_VERB, OTHERS, UNRATED, MapColour, PoolMap
from core.records import Origin
from core.words import number_of

SIDE, MARGIN, TOP = 900, 24, 64  # points of the drawing
EDGE = 0.1  # of its width: so near an edge a title stands inwards
RING = {"light": (0.62, 0.13), "dark": (0.74, 0.12)}  # lightness and chroma of what has a colour of its own
_FAINT = (OTHERS, UNRATED, NO_VERB, Origin.SEED.value)


def legend(groups: Sequence[str], colour: MapColour, theme: Theme) -> dict[str, tuple[str, int]]:
    """Colour (#rrggbb) and number of tasks of each group; those that say least first, to be drawn below the rest."""
    counted = Counter(groups)
    ring = RING[theme.name]
    if colour is MapColour.DENSITY:
        low, high = (
            ring[0] + (0.22 if theme.name == "light" else -0.3),
            ring[0] - (0.2 if theme.name == "light" else -0.16),
        )
        steps = {
            band: hue(0, 1, (low + (high - low) * at / (len(BANDS) - 1), 0.03 + 0.025 * at))
            for at, band in enumerate(BANDS)
        }
        return {band: (steps[band], counted[band]) for band in BANDS if counted[band]}
    faint = [group for group in _FAINT if counted[group]]
    if colour is MapColour.GRADE:
        return {group: (theme.faint, counted[group]) for group in faint} | {
            grade.value: (colour_of, counted[grade.value])
            for grade, colour_of in GRADES.items()
            if counted[grade.value]
        }
    named = [group for group, _ in counted.most_common() if group not in faint]
    return {group: (theme.faint, counted[group]) for group in faint} | {
        group: (hue(at, len(named), ring), counted[group]) for at, group in enumerate(named)
    }


def drawn(shown: PoolMap, colour: MapColour, groups: Sequence[str], theme: Theme, pool: str) -> str:
    """The map as one SVG that loads nothing: a dot a task, titles on dense places, a legend with numbers."""
    colours = legend(groups, colour, theme)
    radius = 1.2 if len(shown) > 5_000 else 2.0 if len(shown) > 500 else 3.2
    height = TOP + SIDE + MARGIN + 20 * ((len(colours) + 3) // 4)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIDE + 2 * MARGIN}" height="{height}" '
        f'viewBox="0 0 {SIDE + 2 * MARGIN} {height}" font-family="{escape(FONT)}" role="img">',
        f"<title>{_plain(f'Map of {pool}')}</title>",
        f'<rect width="100%" height="100%" fill="{theme.ground}"/>',
        _line(MARGIN, 26, f"{pool}: {number_of(len(shown), 'task')} by meaning, coloured by {colour}", theme.ink, 17),
        _line(MARGIN, 46, f"{shown.recipe.sentence}; trustworthiness {shown.trust:.2f}", theme.faint, 12.5),
    ]
    for group, (its_colour, _) in colours.items():
        opacity = 0.45 if its_colour == theme.faint else 0.75
        parts.append(f'<g fill="{its_colour}" fill-opacity="{opacity}">')
        parts += [
            f'<circle cx="{_across(shown.x[at]):.1f}" cy="{_down(shown.y[at]):.1f}" r="{radius}"/>'
            for at, own in enumerate(groups)
            if own == group
        ]
        parts.append("</g>")
    for title in shown.titles:
        side = "start" if title.x < EDGE else "end" if title.x > 1 - EDGE else "middle"
        halo = f'paint-order="stroke" stroke="{theme.ground}" stroke-width="3" text-anchor="{side}"'
        parts.append(_line(_across(title.x), _down(title.y) - 12, title.words, theme.ink, 13, halo))
    for at, (group, (its_colour, n)) in enumerate(colours.items()):
        x, y = MARGIN + (at % 4) * SIDE / 4, TOP + SIDE + MARGIN + 20 * (at // 4)
        parts.append(f'<circle cx="{x + 5:.1f}" cy="{y - 4:.1f}" r="5" fill="{its_colour}"/>')
        parts.append(_line(x + 15, y, f"{group} ({n:,})", theme.ink, 12.5))
    return "\n".join([*parts, "</svg>", ""])


def _across(x: float) -> float:
    return MARGIN + SIDE * float(x)


def _down(y: float) -> float:
    return TOP + SIDE * (1 - float(y))


def _line(x: float, y: float, text: str, colour: str, size: float, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{colour}" {more}>{_plain(text)}</text>'


def _plain(text: str) -> str:
    """A text as XML may hold it."""
    return escape("".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text))
