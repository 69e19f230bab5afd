"""The audit report as HTML: the template beside this module, with everything escaped that it is given."""

from __future__ import annotations

from pathlib import Path

from core.audit.report import COUNTING, AuditReport, moment, readable
from core.statistics.estimates import Proportion

_FOLDER = Path(__file__).parent


def html(report: AuditReport) -> str:
    """Return the report as one HTML page that loads nothing: no script, no link to follow, no font, no image."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda shown: readable(shown) if type(shown) is str else shown,
    )
    environment.filters.update(one=_one, two=_two, moment=moment, answer=_answer, spoken=_spoken)
    return environment.get_template("report.html.j2").render(report=report, found=report.findings, counting=COUNTING)


def _one(percent: float | None) -> str:
    return "–" if percent is None else f"{percent:.1f}"


def _two(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.2f}".replace("-", "−")


def _answer(given: bool | None) -> str:
    return "–" if given is None else "yes" if given else "no"


def _spoken(share: Proportion) -> str:
    if share.percent is None:
        return "not judged yet"
    return f"{share.yes} of {share.n}, {share.percent:.1f}%, 95% interval {share.low:.1f} to {share.high:.1f}"
