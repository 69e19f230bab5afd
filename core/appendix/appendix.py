"""A pool's appendix for a paper, in one folder: Table 1 and 2, agreement, the way from candidates, the sunburst,
ROUGE-L, lengths, grades, as LaTeX, SVG, PDF and CSV beside the papers' numbers; the methods in words; how to cite."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.appendix import figures, methods, standing
from core.appendix.drawing import VectorDrawing
from core.appendix.standing import Standing
from core.appendix.tables import PaperTable, markdown, plain
from core.database import Database
from core.diversity import job, seedscores
from core.diversity.axes import length_histograms
from core.diversity.numbers import pair_rows, table1_rows
from core.diversity.selection import TaskSelection
from core.diversity.view import DiversityFigures, look
from core.pools import Funnel, funnel
from core.records import Grade, Pool, Refused
from core.release import past
from core.release.released import Released
from core.replacing import in_a_folder
from core.words import number_of

TODAY = "; the pool today, not as of the release"


@dataclass(frozen=True, slots=True)
class Appendix:
    """What was written: the folder, its files by name, and sentences on what could not be shown and why."""

    folder: Path
    files: tuple[str, ...]
    missing: tuple[str, ...]


def write(database: Database, pool: Pool, folder: Path, reader: str, release: str = "") -> Appendix:
    """Write the appendix of a pool, or of one of its releases, into a folder that is new or empty.

    With a release its rows, rule and hash stand in the methods, and Table 1, verbs, ROUGE-L and lengths are of what it
    held, with the texts that went out. Of one of which that is not known they are of the tasks that are approved now,
    and that is said. Grades, agreement and audits are as of the release, and so is a table of the way to it; the pool's
    way alone is that of today and says so. Audits that the reader still judges stay closed and are named as missing.
    Raises Refused where the folder holds something, where nothing was accepted, or for a release that there isn't.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(f"{folder} holds something already; name a folder that is new or empty.")
    at = funnel(database, pool.id)
    if not at.candidates.accepted:
        raise Refused(f"Nothing of {pool.name} was accepted yet; an appendix tells of accepted tasks.")
    released = past.one(database, pool.id, release) if release else None
    seedscores.measure(database, pool)
    choice = job.choice(database, pool)
    seen = look(database, pool.id, _selection(released), choice.key)
    stand = (
        standing.today(database, pool.id, at, reader) if released is None else standing.by(database, released, reader)
    )
    tables = tuple(_tables(seen, at, stand, TODAY if released else ""))
    drawings = dict(_drawings(seen, at, stand, TODAY if released else ""))
    if released is not None:
        way = standing.way_to(released, stand)
        caption = f"The way to the release {released.name}{stand.when}."
        tables += (PaperTable("release", caption, ("step", "count"), tuple(way.items())),)
        drawings["release"] = figures.funnel(way, caption.rstrip("."))
    missing = (*_missing(seen, stand, choice.reason), *_since(released, at, seen, stand))
    told = methods.paragraph(database, pool, stand, seen, released)
    files = {
        "methods.txt": told,
        "methods.tex": methods.in_latex(told),
        "cite.bib": methods.BIBTEX,
        "README.md": _readme(pool, tables, drawings, told, missing),
    }
    for table in tables:
        files[f"{table.name}.tex"], files[f"{table.name}.csv"] = table.latex(), table.csv()
    written: dict[str, bytes] = {name: text.encode("utf-8", "replace") for name, text in files.items()}
    for name, drawing in drawings.items():
        written[f"{name}.svg"], written[f"{name}.pdf"] = drawing.svg().encode("utf-8", "replace"), drawing.pdf()
    in_a_folder(folder / "README.md")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in written.items():
        part = folder / f".{name}.part"
        part.write_bytes(content)
        os.replace(part, folder / name)
    return Appendix(folder, tuple(sorted(written)), missing)


def _tables(seen: DiversityFigures, at: Funnel, stand: Standing, today: str) -> Iterator[PaperTable]:
    audit, agreement, when = stand.audit, stand.agreement, stand.when
    rows = tuple((str(row["statistic"]), row["this"], row["paper"]) for row in table1_rows(seen))
    yield PaperTable("table1", "Statistics of the generated data, as in Table 1 of Self-Instruct.",
                ("statistic", "here", "Self-Instruct"), rows)  # fmt: skip
    if audit is not None:
        yield PaperTable(
            "table2",
            f"Quality of a sample of {number_of(audit.found.size, 'instance')}, as in Self-Instruct's Table 2; "
            f"95% intervals{when}.",
            ("question", "yes", "n", "percent", "low", "high", "Self-Instruct, percent of 200"),
            tuple(
                (row.question, row.share.yes, row.share.n, row.share.percent, row.share.low, row.share.high,
                 row.paper.percent)
                for row in audit.found.table2
            ),
        )  # fmt: skip
    if agreement.n:
        yield PaperTable(
            "agreement",
            f"Agreement of {number_of(len(agreement.reviewers), 'reviewer')} on "
            f"{number_of(agreement.n, 'instance')}{when}.",
            ("figure", "value", "low", "high", "n", "Self-Instruct"),
            tuple(
                (one.name, one.value if one.value is not None else f"undefined: {one.undefined_because}", one.low,
                 one.high, one.n, ", ".join(f"{value:g}" for value in one.paper) or None)
                for one in agreement.figures
            ),
        )  # fmt: skip
    steps = tuple(standing.steps(at).items())
    yield PaperTable("funnel", f"From candidates to approved instances{today}.", ("step", "count"), steps)
    yield PaperTable(
        "grades", f"Grades of the reviewed instances{when}.", ("grade", "count"),
        tuple((grade.value, stand.grades.get(grade.value, 0)) for grade in Grade),
    )  # fmt: skip
    rouge = seen.rouge()
    yield PaperTable(
        "rouge", f"ROUGE-L of each task to its nearest seed (n = {rouge.n}).", ("from", "to", "tasks"),
        tuple((one.low, one.high, one.count) for one in rouge.bins),
    )  # fmt: skip
    lengths = length_histograms([seen])[0]
    yield PaperTable(
        "lengths", f"Lengths in {seen.texts.unit}.", ("text", "from", "to", "count"),
        tuple((text, one.low, one.high, one.count) for text, its in lengths.items() for one in its.bins),
    )  # fmt: skip
    table = seen.table()
    if table.with_pair:
        yield PaperTable(
            "pairs", "Root verbs and their objects, the most frequent first.", ("verb", "noun", "count", "share"),
            tuple((row["verb"], row["noun"], row["count"], row["share"]) for row in pair_rows(seen, table)),
        )  # fmt: skip


def _drawings(seen: DiversityFigures, at: Funnel, stand: Standing, today: str) -> Iterator[tuple[str, VectorDrawing]]:
    table, audit, when = seen.table(), stand.audit, stand.when
    if table.sectors:
        yield "sunburst", figures.sunburst(table)
    yield "rouge", figures.bars(seen.rouge(), "ROUGE-L to the nearest seed", "ROUGE-L F1")
    for text, histogram in length_histograms([seen])[0].items():
        yield f"lengths-{text}", figures.bars(histogram, f"Length of the {text}", seen.texts.unit)
    yield "funnel", figures.funnel(standing.steps(at), f"From candidates to approved instances{today}")
    graded = sum(stand.grades.values())
    if graded:
        shares = [(grade.value, 100 * stand.grades.get(grade.value, 0) / graded, None) for grade in Grade]
        yield "grades", figures.beside(shares, f"Grades of {number_of(graded, 'reviewed instance')}{when}", paper=False)
    if audit is not None:
        rows = [(row.question, row.share.percent, row.paper.percent) for row in audit.found.table2]
        yield "table2", figures.beside(rows, f"Quality of the sample, beside Self-Instruct's{when}")


def _missing(seen: DiversityFigures, stand: Standing, no_parser: str) -> Iterator[str]:
    closed, then = stand.closed, ", as of the release" if stand.when else ""
    if stand.audit is None:
        why = f"; {closed} you have not opened, or still judge (`winnow audit show ID` opens one)" if closed else ""
        yield f"Table 2: no audit has an answer that you may see{then}{why}. `winnow audit new` draws one."
    if not stand.agreement.n:
        yield f"Agreement: no instance was graded by two people{then}. A queue with two ratings an item asks for them."
    if not seen.table().with_pair:
        yield f"The sunburst: {no_parser or 'no verb was read yet; `winnow diversity show` reads them.'}"


def _selection(released: Released | None) -> TaskSelection:
    """What is drawn: what a release held, of one of which that is not known what is approved now, else all accepted."""
    if released is None:
        return TaskSelection()
    return TaskSelection(release_id=released.id) if released.members is not None else TaskSelection(state="approved")


def _since(released: Released | None, at: Funnel, seen: DiversityFigures, stand: Standing) -> Iterator[str]:
    """What must be said of figures of a release: which are not its own, and which texts could not be had."""
    if released is None:
        return
    if stand.unsure:
        yield (
            f"{number_of(stand.unsure, 'rating')} that a file brought: nobody can tell whether they were there by the "
            "release, so grades, agreement and audits leave them out."
        )
    if released.members is None:
        yield (
            f"What {released.name} held: it is not in the database, and `winnow release members` reads it from its "
            f"files. It has {number_of(released.rows, 'row')}, and {number_of(at.approved, 'instance', 'are')} "
            f"approved now, of which Table 1, "
            "verbs, ROUGE-L and lengths are."
        )
        return
    if seen.unknown_former:
        yield (
            f"The text that went out of {number_of(seen.unknown_former, 'instance')}: it is not in the history, "
            f"today's stands."
        )
    if seen.waiting:
        yield f"Verbs of {seen.waiting:,} of its instructions: they are not parsed with the text that went out."


def _readme(
    pool: Pool,
    tables: tuple[PaperTable, ...],
    drawings: Mapping[str, VectorDrawing],
    told: str,
    missing: tuple[str, ...],
) -> str:
    name = "".join(c for c in pool.name if c.isalnum() or c in " -_.")
    lines = [f"# Appendix: {name}", "", plain(told), ""]
    for table in tables:
        if len(table.rows) <= 40:
            lines += [f"## {plain(table.caption)}", "", *markdown(table), ""]
    lines += [f"![{plain(drawing.title)}]({file}.svg)\n" for file, drawing in drawings.items()]
    lines += (
        ["## Not shown", "", *("- " + plain(sentence).replace("\\`", "`") for sentence in missing), ""]
        if missing
        else []
    )
    return "\n".join([*lines, "## How to cite", "", "```bibtex", methods.BIBTEX.rstrip(), "```", ""])
