"""Tables of the appendix: rows with a head, as LaTeX that needs no package, and as CSV whose cells are no formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.release.spreadsheet import guarded

Cell = str | int | float | None
_MARKS = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PaperTable:
    """A table: the name of its files, its caption, its columns, its rows."""

    name: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def latex(self) -> str:
        """A `table` environment with numbers to the right."""
        columns = "l" + "r" * (len(self.head) - 1)
        lines = [
            r"\begin{table}[t]", r"\centering", rf"\begin{{tabular}}{{{columns}}}", r"\hline",
            " & ".join(map(tex, self.head)) + r" \\", r"\hline",
            *(" & ".join(tex(shown(cell)) for cell in row) + r" \\" for row in self.rows),
            r"\hline", r"\end{tabular}", rf"\caption{{{tex(self.caption)}}}", rf"\label{{tab:{self.name}}}",
            r"\end{table}",
        ]  # fmt: skip
        return "\n".join(lines) + "\n"

    def csv(self) -> str:
        """The same as CSV with plain numbers; an unknown cell is empty."""
        text = io.StringIO()
        out = csv.writer(text, lineterminator="\n")
        out.writerow(map(guarded, self.head))
        for row in self.rows:
            out.writerow([guarded(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in row])
        return text.getvalue()


def shown(cell: Cell) -> str:
    """A cell for reading."""
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:,.2f}".rstrip("0").rstrip(".")


def tex(text: str) -> str:
    """A text as LaTeX shows it, whatever it holds."""
    return "".join(_MARKS.get(c, c if c.isprintable() else " ") for c in text)


def plain(text: str) -> str:
    """A text as Markdown shows it in a line, whatever it holds: no link, image, emphasis, cell or HTML."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return re.sub(r"(?i)(https?|ftp|www)(?=[:.])", "\\1\u2060", re.sub(r"([\\`*_\[\]<>|~&!#@])", r"\\\1", line))


def markdown(table: PaperTable) -> Sequence[str]:
    """The table's lines in Markdown."""
    head = " | ".join(table.head)
    rule = " | ".join(["---"] + ["---:"] * (len(table.head) - 1))
    body = [" | ".join(plain(shown(cell)) for cell in row) for row in table.rows]
    return [f"| {line} |" for line in (head, rule, *body)]
