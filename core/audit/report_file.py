"""An audit's report as a file: one self-contained HTML page, or Markdown."""

from __future__ import annotations

from pathlib import Path

from core.audit.report import AuditReport
from core.audit.report_html import html
from core.audit.report_markdown import markdown
from core.records import Refused
from core.replacing import PAGE, TABLE, may_write, put


def write(report: AuditReport, path: Path) -> None:
    """Write the report to `path` as HTML (.html) or Markdown (.md), whole or not at all; another ending is Refused."""
    kinds = {".html": html, ".htm": html, ".md": markdown, ".markdown": markdown}
    if path.suffix.lower() not in kinds:
        raise Refused(f"A report cannot be written to {path.name!r}: choose a name that ends in .html or .md.")
    may_write(path, PAGE if kinds[path.suffix.lower()] is html else TABLE)
    put(path, kinds[path.suffix.lower()](report))
