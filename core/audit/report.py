"""An audit as a document to share: one self-contained HTML file, or Markdown, with every judged item in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from core.audit.findings import Findings
from core.audit.judged import JudgedItem
from core.pool.guidelines import Guidelines
from core.records import Refused
from core.statistics.sampling import Sample


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Everything that a report of an audit shows.

    `population`: the filter in words. `drawn_at`, `written_at`: seconds since 1970. `items` in the order of the draw.
    `after_looking`: how many ratings reviewers gave after they had seen what others said, by name.
    """

    name: str
    pool: str
    population: str
    drawn_at: float
    written_at: float
    sample: Sample
    guidelines: Guidelines
    findings: Findings
    items: tuple[JudgedItem, ...]
    after_looking: Mapping[str, int] = field(default_factory=dict)

    @property
    def reviewers(self) -> tuple[str, ...]:
        """Everybody who rated an item, by name."""
        return tuple(sorted({rating.reviewer for item in self.items for rating in item.ratings}))

    @property
    def tasks(self) -> int:
        """How many tasks the population holds."""
        return sum(self.sample.tasks.values())

    @property
    def blindness(self) -> str:
        """Whether reviewers judged without knowing what others had said."""
        if not self.after_looking:
            return "As far as this program knows, no rating was given after its reviewer had seen what others said."
        n = sum(self.after_looking.values())
        who = "one reviewer" if len(self.after_looking) == 1 else f"{len(self.after_looking)} reviewers"
        return f"{n} of the ratings, by {who}, were given or changed after they had seen what others said."

    @property
    def method(self) -> str:
        """How the sample was drawn, in one paragraph."""
        drawn = len(self.sample.items)
        how = {
            None: "every task with the same chance",
            "proportional": "from each stratum in proportion to its size",
            "equal": "as many from each stratum",
        }[self.sample.allocation]
        return (
            f"{drawn} of {self.tasks:,} tasks were drawn without replacement, {how}, and one random instance of each. "
            f"The order of the draw is that of the SHA-256 of the seed ({self.sample.seed}) and the task's number, so "
            "the same population gives the same sample anywhere. The texts were frozen with their hashes when they "
            "were drawn; what was edited later is shown and judged here as it was."
        )


COUNTING = (
    "A and B count as valid. Where reviewers differ the stricter answer counts: yes needs more than half of them, and "
    "of two middle grades the worse is taken; an adjudication settles what it answers. Intervals of shares are "
    "Wilson's at 95%; those of agreement come from a bootstrap over items. The estimate for the pool is corrected for "
    "its finite size and weighted by stratum and by the instances of each task; the shares of the sample are not, as "
    "in the paper. The paper's figures are those of Self-Instruct (Wang et al., 2023): Table 2, and its section on "
    "human evaluation."
)


def html(report: AuditReport) -> str:
    """Return the report as one HTML page that loads nothing: no script, no link to follow, no font, no image."""
    from core.audit.report_html import page

    return page(report)


def markdown(report: AuditReport) -> str:
    """Return the report as Markdown in which the judged texts stay inert: fenced or as code, never rendered."""
    from core.audit.report_markdown import document

    return document(report)


def write(report: AuditReport, path: Path) -> None:
    """Write the report to `path` as HTML (.html) or Markdown (.md), whole or not at all; another ending is Refused."""
    kinds = {".html": html, ".htm": html, ".md": markdown, ".markdown": markdown}
    if path.suffix.lower() not in kinds:
        raise Refused(f"A report cannot be written to {path.name!r}: choose a name that ends in .html or .md.")
    text = kinds[path.suffix.lower()](report)
    with NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=".", delete=False
    ) as unfinished:
        try:
            unfinished.write(text)
            unfinished.close()
            os.chmod(unfinished.name, 0o644)
            os.replace(unfinished.name, path)
        except OSError:
            Path(unfinished.name).unlink(missing_ok=True)
            raise


def readable(text: str) -> str:
    """Return text with control characters made visible and lone surrogates replaced, all else as it is."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(_visible(character) for character in unified)


def moment(seconds: float) -> str:
    """Return a point in time as people read it, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20 and character not in "\n\t":
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return "\ufffd" if 0x80 <= code < 0xA0 or 0xD800 <= code <= 0xDFFF else character
