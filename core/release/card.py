"""README.md: the dataset card, with the Hub's YAML in front and this release's own figures below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from core.audit.audit_estimate import FEWEST
from core.records import Origin
from core.release.answers import TRUTHS, WHOLE
from core.release.croissant import CROISSANT, LEFT_TO_A_PERSON
from core.release.formats import Shape, every
from core.release.manifest import counts
from core.release.options import AuditLine, ReleaseOptions
from core.release.split import Split
from core.release.survey import BARS, Survey
from core.release.trainers import TrainerTables
from core.words import number_of

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
BAR_CELLS = 30
# The Hub opens all configurations of a repository with one loader, so they are of one kind: the first written.
LOADED_TOGETHER = ((Shape.LINES, Shape.ARRAY), (Shape.PARQUET,), (Shape.CSV,))
MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:/@$^])")


def card(
    survey: Survey, options: ReleaseOptions, tables: TrainerTables, notes: Sequence[str], columns: Sequence[str] = ()
) -> str:
    """Return the card's whole text; no text of a row is in it, and those of a person are inert in markdown.

    `columns`: of the format that holds a row whole, where it was written.
    """
    from huggingface_hub import DatasetCardData

    front = DatasetCardData(**front_matter(survey, options, tables, columns)).to_yaml(line_break="\n")
    title = inert(options.title) + (f", version {inert(options.version)}" if options.version else "")
    said = [inert(part) for part in options.description.split("\n\n") if part.strip()]
    parts = [f"# {title}", *said, *_warnings(survey), *_how(survey, options), *_figures(survey)]
    parts += [*_audit(options), *_files(tables), *_notes(notes)]
    return f"---\n{front}\n---\n\n" + "\n\n".join(parts) + "\n"


def renewed(text: str, tables: TrainerTables) -> str:
    """Return a card that was written, with the configurations and files of these tables; all else as it stands."""
    import yaml  # type: ignore[import-untyped, unused-ignore]

    front, body = text.removeprefix("---\n").split("\n---\n", 1)
    fields = {**yaml.safe_load(front), "configs": configurations(tables)}
    if not any(one["config_name"] == WHOLE for one in fields["configs"]):
        fields.pop("dataset_info", None)
    shown = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, line_break="\n").strip()
    before, after = body.split("\n## Files\n", 1)
    rest = after.find("\n## ")
    files = "\n\n".join(_files(tables))
    return f"---\n{shown}\n---\n{before}\n{files}\n" + (after[rest:] if rest >= 0 else "")


def front_matter(
    survey: Survey, options: ReleaseOptions, tables: TrainerTables, columns: Sequence[str]
) -> dict[str, Any]:
    """Return the card's YAML fields; language and license are left out where unknown.

    The types of `columns` stand there, for kinds and verbs that a whole side lacks would be read as columns of nothing,
    and another side that has some be refused.
    """
    types = [{"name": name, "dtype": "bool" if name in TRUTHS else "string"} for name in columns]
    return {
        **({"language": list(options.languages)} if options.languages else {}),
        **({"license": options.license} if options.license else {}),
        "pretty_name": options.title,
        **({"version": options.version} if options.version else {}),
        "tags": _tags(survey),
        "annotations_creators": _annotators(survey),
        "size_categories": [next((name for most, name in SIZES if survey.rows < most), "1M<n<10M")],
        "task_categories": ["text-generation"],
        "configs": configurations(tables),
        **({"dataset_info": [{"config_name": WHOLE, "features": types}]} if types else {}),
    }


def configurations(tables: TrainerTables) -> list[dict[str, Any]]:
    """Return one configuration a format: those that one loader of `datasets` can open together."""
    known = every()
    written = list(dict.fromkeys(form for form, _ in tables))
    together = next(shapes for shapes in LOADED_TOGETHER if any(known[form].shape in shapes for form in written))
    found: list[dict[str, Any]] = []
    for form in written:
        if known[form].shape in together:
            sides = [{"split": str(split), "path": tables[form, split]} for split in Split if (form, split) in tables]
            found.append({"config_name": form, "data_files": sides, **({"default": True} if not found else {})})
            if known[form].shape is Shape.CSV:
                found[-1] |= {"keep_default_na": False}
    return found


def inert(text: str) -> str:
    """Return a text that markdown shows as it is: one line, no link, image, emphasis or HTML."""
    folded = " ".join(text.split())
    return MARKDOWN.sub(r"\\\1", folded.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def _annotators(survey: Survey) -> list[str]:
    written_by_people = Origin.SEED in survey.origins or bool(survey.grades)
    machine_made = set(survey.origins) != {Origin.SEED}
    return ["machine-generated"] * machine_made + ["expert-generated"] * written_by_people


def _tags(survey: Survey) -> list[str]:
    tags = ["instruction-tuning", "winnow"]
    tags += ["self-instruct"] if Origin.SELF_INSTRUCT in survey.origins else []
    tags += ["reinstruct-style"] if Origin.REINSTRUCT in survey.origins else []
    tags += ["synthetic"] if set(survey.origins) - {Origin.SEED, Origin.IMPORT} else []
    return tags + (["demo"] if survey.demo else [])


def _warnings(survey: Survey) -> list[str]:
    if not survey.demo:
        return []
    return [
        f"> **DEMO ROWS: {survey.demo:,} of {number_of(survey.rows, 'row', 'were')} replayed from recordings that "
        f"ship with Winnow. "
        "They show how the program works and are not fit for training or for a publication.**"
    ]


def _how(survey: Survey, options: ReleaseOptions) -> list[str]:
    lines = [
        "## How it was made",
        f"{number_of(survey.rows, 'row')} of {number_of(survey.tasks, 'task')}, chosen with Winnow by the rule in "
        f"`manifest.json`. "
        "`lineage.jsonl` tells for every row its run, request, model, settings, filters, grades and edits, and its "
        "line in each file.",
    ]
    lines += [inert(sentence) for sentence in options.how]
    if Origin.REINSTRUCT in survey.origins:
        lines.append(
            f"{number_of(survey.origins[Origin.REINSTRUCT], 'row', 'are')} **REInstruct-style**: chat models were "
            f"prompted where the "
            "paper (Chen et al., arXiv 2408.10663) trains its own, so its 65.41% win rate does not carry over."
        )
    if Origin.SELF_INSTRUCT in survey.origins:
        lines.append(
            f"{number_of(survey.origins[Origin.SELF_INSTRUCT], 'row', 'were')} made by Self-Instruct (Wang et "
            f"al., arXiv 2212.10560)."
        )
    return lines


def _figures(survey: Survey) -> list[str]:
    shown = [(name, f"{number:,}") for name, number in counts(survey).items()]
    means = [
        (f"mean words, {name}{' (non-empty)' if name == 'input' else ''}", f"{lengths.mean:.1f} (n={lengths.count:,})")
        for name, lengths in survey.lengths.items()
        if lengths.mean is not None
    ]
    parts = ["## Figures", _table(("figure", "value"), shown + means)]
    for name, lengths in survey.lengths.items():
        if lengths.count:
            parts += [f"Words in the {name} (n={lengths.count:,})", _bars(_bar_names(), lengths.bars)]
    if survey.grades:
        grades = sorted(survey.grades)
        rated = sum(survey.grades.values())
        parts += [f"Grades (n={number_of(rated, 'rating')})", _bars(grades, [survey.grades[grade] for grade in grades])]
    if survey.verbs:
        top = sorted(survey.verbs, key=lambda verb: (-survey.verbs[verb], verb))[:10]
        parts += [
            f"Root verbs, the ten most frequent of {len(survey.verbs):,} "
            f"(n={number_of(sum(survey.verbs.values()), 'row')})",
            _bars([verb[:20] for verb in top], [survey.verbs[verb] for verb in top]),
        ]
    return parts


def _audit(options: ReleaseOptions) -> list[str]:
    if not options.audit and not options.pool_audit:
        return ["## Audit", inert(options.pool_audit_said) or "No audit was given with this release."]
    parts = ["## Audit"]
    if options.audit:
        most = max(line.of for line in options.audit)
        parts += ["### Of the rows in this release", _audit_table(options.audit)]
        if most < FEWEST:
            parts.append(
                f"Only {most} of the audited items went out; percentages need {FEWEST}, so that {FEWEST - most} are "
                "missing."
            )
    if options.pool_audit:
        parts += ["### Of the pool that they were chosen from", inert(options.pool_audit_said)]
        parts.append(_audit_table(options.pool_audit))
    return parts


def _audit_table(lines: Sequence[AuditLine]) -> str:
    rows = []
    for line in lines:
        percent = line.percent if line.percent is not None else 100 * line.yes / line.of if line.of else None
        enough = percent is not None and line.of >= FEWEST
        rows.append(
            (
                inert(line.question), f"{line.yes:,}", f"{line.of:,}",
                f"{percent:.1f}" if enough else "not measured" if percent is None else "too few",
                f"{100 * line.low:.1f} to {100 * line.high:.1f}" if enough else "",
            )
        )  # fmt: skip
    return _table(("question", "yes", "of", "%", "95% interval"), rows)


def _files(tables: TrainerTables) -> list[str]:
    rows = [(f"`{path}`", form, str(split)) for (form, split), path in tables.items()]
    parts = ["## Files", _table(("file", "format", "split"), rows)]
    if any(form == "csv" for form, _ in tables):
        parts.append(
            "In the CSV a cell that would begin like a formula has an apostrophe in front. Read it with "
            "`pandas.read_csv(path, dtype=str, keep_default_na=False)`."
        )
    parts += _loaded_apart(tables)
    left = ", ".join(f"`{name}`" for name in LEFT_TO_A_PERSON)
    parts.append(
        f"`{CROISSANT}` describes files, columns and provenance in Croissant 1.1; {left} are left to a person to add."
    )
    return [*parts, "Check every byte with `winnow release verify` or `sha256sum -c SHA256SUMS`."]


def _loaded_apart(tables: TrainerTables) -> list[str]:
    """How `datasets` opens what is of another kind than the configurations: by its files."""
    configured = {one["config_name"] for one in configurations(tables)}
    lines = []
    for form in dict.fromkeys(form for form, _ in tables if form not in configured):
        shape = every()[form].shape
        loader = {Shape.LINES: "json", Shape.ARRAY: "json"}.get(shape, shape.value)
        files = ", ".join(f'"{split}": "{tables[form, split]}"' for split in Split if (form, split) in tables)
        more = ", keep_default_na=False" if shape is Shape.CSV else ""
        lines.append(f'load_dataset("{loader}", data_files={{{files}}}{more})')
    if not lines:
        return []
    return [
        "`datasets` opens all configurations of a repository with one loader, so these are opened by their files (in a "
        "repository as `hf://datasets/OWNER/NAME/` and the path):",
        "```python\n" + "\n".join(lines) + "\n```",
    ]


def _notes(notes: Sequence[str]) -> list[str]:
    return ["## Notes", "\n".join(f"- {inert(note)}" for note in notes)] if notes else []


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _bars(names: Sequence[str], values: Sequence[int]) -> str:
    """Return a chart of text in a code block, where neither links nor images exist."""
    most, width = max(values) or 1, max(map(len, names))
    lines = [
        f"{name.replace('`', ' '):>{width}}  {'█' * round(BAR_CELLS * value / most)} {value:,}"
        for name, value in zip(names, values, strict=True)
    ]
    return "```text\n" + "\n".join(" ".join(line.splitlines()) for line in lines) + "\n```"


def _bar_names() -> list[str]:
    lows = [0, *(most + 1 for most in BARS)]
    return [f"{low}-{most}" for low, most in zip(lows, BARS, strict=False)] + [f"{lows[-1]}+"]
