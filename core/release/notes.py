"""What a person should know of a written release: sentences for page, card and manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.records import Origin, Refused
from core.release.clients import openai_refusal
from core.release.files import WrittenFile
from core.release.formats import Format, Needs
from core.release.options import ReleaseOptions
from core.release.split import Split
from core.release.survey import Survey
from core.release.tables import TableOfSplit, Tables
from core.words import number_of


def notes(survey: Survey, forms: Sequence[Format], options: ReleaseOptions, tables: Tables) -> list[str]:
    """Return a sentence for everything that a person should know; raises Refused where no format is left."""
    said = [f"{form.name} was left out: {_too_few(form, rows)}" for form, rows in tables.too_few.items()]
    if not tables.files:
        raise Refused(f"Nothing was written: {said[0]}")
    if survey.demo:
        said.append(f"Demo rows, replayed from recordings: {survey.demo:,} of {survey.rows:,}.")
    if survey.empty_outputs:
        said.append(f"Rows with an empty output: {survey.empty_outputs:,}; exclude them before training.")
    if survey.replaced:
        said.append(
            f"Rows with lone surrogates, which loaders refuse: {survey.replaced:,}. U+FFFD stands in their place, and "
            "the exact text is in lineage.jsonl under exact."
        )
    written = [form for form in forms if form not in tables.too_few]
    said += [sentence for form in written for sentence in _without(form, survey, options)]
    said += [sentence for form in written for sentence in _part(form, survey, tables.files)]
    if options.style.other_suffix and Origin.REINSTRUCT in survey.origins:
        said.append("Instructions end with style suffixes as in REInstruct.")
    for side in Split:
        if options.shares.of(side) > 0 and not survey.rows_of_side.get(side):
            said.append(f"There is no {side} file: the tasks are too few for its share ({survey.tasks:,}).")
    return said + _duplicates(tables.files)


def _too_few(form: Format, rows: int) -> str:
    if form.least_rows > 1 and (rows or not form.needs):
        return openai_refusal(rows) or ""
    return f"no row has {form.needs}." if form.needs else "it would have no row."


def _without(form: Format, survey: Survey, options: ReleaseOptions) -> list[str]:
    """What rows have and this format has no place for."""
    said = []
    if not form.keeps_context and (survey.systems or survey.turns):
        said.append(
            f"{form.name} leaves out the system prompt of {number_of(survey.systems, 'row')} and the earlier turns of "
            f"{survey.turns:,}; chat formats keep them."
        )
    if options.thoughts and survey.thoughts and not form.keeps_thoughts:
        said.append(f"{form.name} leaves out the thoughts of {number_of(survey.thoughts, 'row')}.")
    return said


def _part(form: Format, survey: Survey, files: Mapping[TableOfSplit, WrittenFile]) -> list[str]:
    """How many records a format has that does not hold every row."""
    if form.needs is Needs.NOTHING:
        return []
    if form.needs is Needs.NO_TOOLS:
        lost = f"{form.name} leaves out {number_of(survey.tools, 'row')} whose earlier turns hold a tool's answer."
        return [lost] if survey.tools else []
    records = sum(file.rows for (its, _), file in files.items() if its is form)
    judged = survey.judged if form.takes_judged else 0
    beside = f" and {judged:,} that the rule left behind as judged" if judged else ""
    return [
        f"{form.name} has {number_of(records, 'record')} of {number_of(survey.rows, 'row')}{beside}: it needs "
        f"{form.needs}."
    ]


def _duplicates(files: Mapping[TableOfSplit, WrittenFile]) -> list[str]:
    left_out = {
        place: sum(1 for line in file.lines if line < 0) for place, file in files.items() if file.lines is not None
    }
    return [
        f"Duplicates left out of {form.name} ({side}): {count:,}." for (form, side), count in left_out.items() if count
    ]
