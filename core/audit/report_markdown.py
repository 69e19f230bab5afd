"""The audit report as Markdown. Judged texts go into code fences longer than any run of backticks in them, names and
values into code spans: nothing in them can become a link, an image or HTML, whichever dialect shows the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from core.audit.findings import Findings
from core.audit.judged import DIFFERENCES, JudgedItem
from core.audit.report import COUNTING, AuditReport, moment, readable
from core.pool.guidelines import Guidelines
from core.records import Rating
from core.statistics.agreement import validity
from core.statistics.estimates import Proportion, ShareEstimate
from core.statistics.figure import Figure
from core.words import number_of


def markdown(report: AuditReport) -> str:
    """Return the report as Markdown in which the judged texts stay inert: fenced or as code, never rendered."""
    found = report.findings
    parts = [
        f"# Audit {span(report.name)}",
        f"Pool {span(report.pool)}, drawn {moment(report.drawn_at)}.",
        _lead(found),
        *_questions(found),
        *_grades(found),
        *_agreement(found),
        *_parts(found),
        *_method(report),
        *_guidelines(report.guidelines),
        "## Items",
        *(part for item in report.items for part in _item(item)),
        f"Written by Winnow on {moment(report.written_at)}.",
    ]
    return "\n\n".join(parts) + "\n"


def fence(text: str) -> str:
    """Return any text as a code block that nothing in it can close."""
    shown = readable(text)
    ticks = "`" * max(3, _longest_run(shown) + 1)
    return f"{ticks}text\n{shown}\n{ticks}"


def span(text: str) -> str:
    """Return a short text as a code span on one line; a bar becomes a look-alike, as parsers differ on it in tables."""
    shown = " ".join(readable(text).split()).replace("|", "│")
    if not shown:
        return "–"
    ticks = "`" * (_longest_run(shown) + 1)
    padding = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{padding}{shown}{padding}{ticks}"


def _lead(found: Findings) -> str:
    if found.pool.percent is None:
        return f"None of the {number_of(found.size, 'sampled item')} was judged valid or not yet."
    return (
        f"**{found.pool.percent:.1f}%** of the pool is estimated to be valid, between {found.pool.low:.1f}% and "
        f"{found.pool.high:.1f}% at 95% confidence, from {found.valid.yes} valid among "
        f"{number_of(found.valid.n, 'judged item')}."
    )


def _questions(found: Findings) -> Iterator[str]:
    yield "## Questions"
    rows = [
        [
            row.question,
            str(row.share.yes),
            str(row.share.n),
            *_share(row.share),
            f"{row.paper.percent:.0f}",
            str(row.unanswered),
        ]
        for row in found.table2
    ]
    yield _table(["Question", "Yes", "of", "%", "95% interval", "Paper %", "Unanswered"], rows)
    yield from filter(None, (found.weighting, found.table2[-1].bounds))
    if found.to_halve:
        yield f"Halving the interval of the share of valid items would take {found.to_halve:,} more."


def _grades(found: Findings) -> Iterator[str]:
    yield "## Grades"
    rows = [
        [each.grade.value, str(each.share.yes), *_share(each.share), "█" * round((each.share.percent or 0) / 2.5)]
        for each in found.grades
    ]
    yield _table(["Grade", "Items", "%", "95% interval", "Each block 2.5%"], rows)
    yield f"Valid (A or B): {found.valid.yes} of {found.valid.n}."


def _agreement(found: Findings) -> Iterator[str]:
    if found.agreement is None:
        return
    yield "## Agreement"
    yield _table(
        ["Figure", "Value", "95% interval", "Items", "Paper", "What it says"], map(_figure, found.agreement.figures)
    )
    if found.disputed:
        yield f"{found.differences} They are: {', '.join(map(str, found.disputed))}."


def _figure(figure: Figure) -> list[str]:
    value = "undefined" if figure.value is None else f"{figure.value:.2f}"
    interval = "–" if figure.low is None else f"{figure.low:.2f} to {figure.high:.2f}"
    paper = "/".join(f"{each:.2f}" for each in figure.paper) or "–"
    return [figure.name, value, interval, str(figure.n), paper, figure.meaning]


def _parts(found: Findings) -> Iterator[str]:
    if not found.breakdowns:
        return
    yield "## Valid items by part"
    for part in found.breakdowns:
        rows = [[span(value), str(share.yes), str(share.n), *_share(share)] for value, share in part.rows[:20]]
        yield _table([span(part.attribute), "Valid", "of", "%", "95% interval"], rows)
        if len(part.rows) > 20:
            yield f"The 20 most frequent of {len(part.rows)} values."
    yield "### What the worst items have in common"
    yield found.weak_spots.sentence
    if found.weak_spots.found:
        yield "\n".join(f"- {spot.described(span)}" for spot in found.weak_spots.found)


def _method(report: AuditReport) -> Iterator[str]:
    yield "## Method"
    yield report.method
    yield report.blindness
    yield COUNTING
    strata = [f"{span(name)} {count:,}" for name, count in report.sample.tasks.items()]
    instances = sum(report.sample.instances.values())
    judged = f"{report.findings.judged} of {report.findings.size}"
    facts = [
        f"Population: {span(report.population)}, {number_of(report.tasks, 'task')}, {number_of(instances, 'instance')}",
        *([f"Strata: {', '.join(strata)}"] if len(strata) > 1 else []),
        f"Sample: {number_of(len(report.sample.items), 'item')}, seed {report.sample.seed}",
        f"Judged: {judged} by {', '.join(map(span, report.reviewers)) or 'nobody yet'}",
        f"Population hash: `{report.sample.population_hash}`",
        f"Sample fingerprint: `{report.sample.fingerprint}`",
    ]
    yield "\n".join(f"- {fact}" for fact in facts)


def _guidelines(rules: Guidelines) -> Iterator[str]:
    yield "## Guidelines"
    yield _table(["Grade", "Meaning"], [[r.grade.value, f"{r.title}. {r.meaning} {r.doubt}"] for r in rules.grades])
    for question in rules.questions:
        yield f"### {question.text}"
        yield f"{question.explanation}\n\n- Yes: {question.yes}\n- No: {question.no}"
    if rules.own_rules:
        yield "### Rules of this pool"
        yield fence(rules.own_rules)


def _item(item: JudgedItem) -> Iterator[str]:
    grade = item.grade.value if item.grade is not None else "not graded"
    yield f"### Item {item.position}: {grade}{_differing(item)}"
    attributes = "".join(f", {span(name)} {span(value)}" for name, value in item.attributes.items())
    yield f"task {item.task_id}, instance {item.instance_id}, text `{item.text_hash}`{attributes}"
    for label, text in (("Instruction", item.instruction), ("Input", item.input), ("Output", item.output)):
        yield f"{label}:" if text else f"{label}: empty"
        if text:
            yield fence(text)
    ratings = [*item.ratings, *([item.adjudication] if item.adjudication is not None else [])]
    if not ratings:
        yield "Not judged yet."
        return
    heads = ["Reviewer", "Grade", "Valid", "Valid task", "Input fits", "Output right", "Flags", "When"]
    yield _table(heads, [_rating(rating, rating is item.adjudication, item.is_settled_by_party) for rating in ratings])
    for rating in ratings:
        if rating.note:
            yield f"Note of {span(rating.reviewer)}:"
            yield fence(rating.note)


_SETTLES = {False: " (adjudication)", True: " (adjudication, by one of those who differ)"}


def _differing(item: JudgedItem) -> str:
    on = ", ".join(DIFFERENCES[key] for key in item.differs_on)
    settled = " (settled)" if on and not item.is_open else ""
    return f", reviewers differ on {on}{settled}" if on else ""


def _rating(rating: Rating, settles: bool, by_party: bool) -> list[str]:
    answers = (validity(rating), rating.instruction_valid, rating.input_appropriate, rating.output_correct)
    return [
        span(rating.reviewer) + (_SETTLES[by_party] if settles else ""),
        rating.grade.value if rating.grade is not None else "–",
        *("–" if answer is None else "yes" if answer else "no" for answer in answers),
        " ".join(map(span, rating.flags)) or "–",
        moment(rating.at) if rating.at else "–",
    ]


def _share(share: Proportion | ShareEstimate) -> tuple[str, str]:
    if share.percent is None:
        return "–", "–"
    return f"{share.percent:.1f}", f"{share.low:.1f}–{share.high:.1f}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
