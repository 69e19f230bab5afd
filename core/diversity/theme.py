"""The charts' own look: calm colours in a light and a dark dress, the same on the page and in a file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.records import Grade

FONT = '"Source Sans 3", "Source Sans Pro", "Source Sans", "Helvetica Neue", Arial, sans-serif'


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of one dress. `verb` and `noun` are lightness and chroma (OKLCH) of the sunburst's two rings."""

    name: str
    ground: str
    ink: str
    faint: str
    grid: str
    bar: str
    line: str
    paper: str  # what belongs to the paper: its threshold, its means
    verb: tuple[float, float]
    noun: tuple[float, float]


LIGHT = Theme(
    *("light", "#fdfdfb", "#1c2421", "#5d6763", "#e4e8e1", "#2c8a72", "#1f6f5c", "#b5541c"),
    verb=(0.76, 0.105),
    noun=(0.88, 0.062),
)
DARK = Theme(
    *("dark", "#14191a", "#e6ebe8", "#a3aeaa", "#2b3435", "#4fb596", "#6fcfb1", "#f0a56c"),
    verb=(0.50, 0.095),
    noun=(0.37, 0.062),
)


GRADES = {Grade.A: "#2a8f77", Grade.B: "#7fb8a6", Grade.C: "#dba66b", Grade.D: "#c0553a"}
"""A grade's colour, the same in every chart of every page: greens are valid, yellow and red are not."""


def theme_named(name: str | None) -> Theme:
    """The dress of that name; light where there is none."""
    return DARK if name == "dark" else LIGHT


def hue(place: int, of: int, ring: tuple[float, float]) -> str:
    """The colour of the `place`-th of so many sectors, as #rrggbb: hues evenly spaced, equally light to the eye."""
    lightness, chroma = ring
    angle = math.radians(150 + 360 * place / max(of, 1))
    return _srgb(lightness, chroma * math.cos(angle), chroma * math.sin(angle))


def ink_on(colour: str) -> str:
    """Black or white, whichever is read better on #rrggbb; one of them always has WCAG's contrast of 4.5."""
    return max("#000000", "#ffffff", key=lambda ink: contrast(ink, colour))


def contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours as #rrggbb, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def dress(figure: Any, theme: Theme, title: str, subtitle: str, height: int) -> Any:
    """Give a plotly figure its title and colours; return it."""
    small = "<br>".join(
        f'<span style="font-size:12.5px;color:{theme.faint}">{line}</span>' for line in subtitle.split("<br>")
    )
    axis = {
        **dict.fromkeys(("gridcolor", "linecolor", "zerolinecolor", "tickcolor"), theme.grid),
        "title": {"font": {"size": 12.5, "color": theme.faint}},
        "tickfont": {"size": 12, "color": theme.faint},
    }
    dressed = {
        "template": "none",
        "title": {
            "text": f"<b>{title}</b><br>{small}",
            "font": {"size": 15, "color": theme.ink},
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"l": 4, "t": 15},  # to the first line's foot: higher, its top is cut in the camera's file
        },
        "font": {"family": FONT, "size": 13, "color": theme.ink},
        "paper_bgcolor": theme.ground,
        "plot_bgcolor": theme.ground,
        "height": height,
        "margin": {"t": 40 + 18 * (subtitle.count("<br>") + 1), "l": 52, "r": 12, "b": 44},
        "hoverlabel": {"font": {"family": FONT, "size": 13}},
        "showlegend": False,
        "bargap": 0.08,
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": theme.faint, "activecolor": theme.ink},
    }
    # One assignment of the whole layout: plotly's own updates take 25 ms for these, and this 3.
    worn = figure.layout.to_plotly_json()
    names = {"xaxis", "yaxis", *(name for name in worn if name.startswith(("xaxis", "yaxis")))}
    for name in names:
        own = {"showgrid": False, "showline": True} if name.startswith("x") else {"rangemode": "tozero"}
        dressed[name] = {**axis, **own}
    figure.layout = _over(worn, dressed)
    return figure


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both of them, part by part; where both say something, what is `above`."""
    found = dict(below)
    for name, its in above.items():
        here = found.get(name)
        found[name] = _over(here, its) if isinstance(its, Mapping) and isinstance(here, Mapping) else its
    return found


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _srgb(lightness: float, a: float, b: float) -> str:
    """OKLab to #rrggbb (Ottosson 2020)."""
    large = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    small = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * large - 3.3077115913 * middle + 0.2309699292 * small,
        -1.2684380046 * large + 2.6097574011 * middle - 0.3413193965 * small,
        -0.0041960863 * large - 0.7034186147 * middle + 1.7076147010 * small,
    )
    return "#" + "".join(f"{round(255 * _gamma(min(1.0, max(0.0, part)))):02x}" for part in linear)


def _gamma(linear: float) -> float:
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
