"""The report on a set as Markdown, and as one HTML file that asks nobody for anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

from core.diversity.theme import GRADES, ink_on
from core.evaluation.report import EvaluationReport, day
from core.records import Grade, StorageFailed
from core.replacing import PAGE, TABLE, may_write, put

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:/@$^])")
_FIGURES = re.compile(r"[-+−]?[\d.,]+%?( \[[-−\d., ]+\])?|[\d–]+")  # a number and its interval, never broken


def write(made: EvaluationReport, out: Path) -> tuple[Path, ...]:
    """Write the report to OUT.html, OUT.md, or both into a folder; return the paths. Raises StorageFailed."""
    into_folder = out.is_dir() or out.suffix not in (".html", ".md")
    paths = tuple(out / f"evaluation{ending}" for ending in (".html", ".md")) if into_folder else (out,)
    for path in paths:
        may_write(path, PAGE if path.suffix == ".html" else TABLE)
    try:
        for path in paths:
            put(path, html(made) if path.suffix == ".html" else markdown(made))
    except OSError as error:
        raise StorageFailed(
            f"The report cannot be written to {out} ({error.strerror}); choose a place that you may write."
        ) from error
    return paths


def markdown(made: EvaluationReport) -> str:
    """The report as Markdown; names that are not ours show as they are and do nothing."""
    parts = [f"# Evaluation on {_inert(made.set_name)}", f"Made with Winnow on {day(made.made_at)}."]
    for section in made.sections:
        parts.append(f"## {section.title}")
        parts += [_inert(sentence) for sentence in section.sentences]
        if section.table:
            head, rows = section.table
            lines = [head, ["---"] * len(head), *([_inert(cell) for cell in row] for row in rows)]
            parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
    return "\n\n".join(parts) + "\n"


def html(made: EvaluationReport) -> str:
    """The report as one HTML file without scripts, fonts or pictures from anywhere."""
    parts = [f"<h1>Evaluation on {escape(made.set_name)}</h1><p>Made with Winnow on {day(made.made_at)}.</p>"]
    for section in made.sections:
        parts.append(f"<h2>{escape(section.title)}</h2>")
        parts += [f"<p>{escape(sentence)}</p>" for sentence in section.sentences]
        parts += [_bar(name, counts) for name, counts in section.bars]
        if section.table:
            head, rows = section.table
            cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
            body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
            parts.append(f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>")
    return _PAGE.replace("TITLE", escape(f"Evaluation on {made.set_name}")).replace("BODY", "\n".join(parts))


def _cell(text: str) -> str:
    return f"<td{' class=n' if _FIGURES.fullmatch(text) else ''}>{escape(text)}</td>"


def _bar(name: str, counts: Mapping[Grade, int]) -> str:
    n = sum(counts.values()) or 1
    parts = "".join(
        f'<i style="width:{100 * count / n:.2f}%;background:{GRADES[grade]};color:{ink_on(GRADES[grade])}">'
        f"{f'{grade.value} {count}' if count / n > 0.06 else ''}</i>"
        for grade, count in counts.items()
        if count
    )
    return f'<div class="row"><span>{escape(name)}</span><b>{parts}</b></div>'


def _inert(text: str) -> str:
    folded = " ".join(text.split())
    return _MARKDOWN.sub(r"\\\1", folded.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>TITLE</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-size: 0.9rem; }
th, td { text-align: left; padding: 0.3rem 0.6rem; border-bottom: 1px solid #8884; vertical-align: top; }
td { overflow-wrap: anywhere; }
.n { white-space: nowrap; }
.row { display: flex; align-items: center; margin: 0.2rem 0; }
.row span { flex: 0 0 15rem; overflow-wrap: anywhere; font-size: 0.85rem; }
.row b { flex: 1; display: flex; height: 1.4rem; }
.row i { font: 0.75rem/1.4rem system-ui, sans-serif; text-align: center; overflow: hidden; }
</style></head><body>
BODY
</body></html>
"""
