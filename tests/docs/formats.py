"""The pages of the reference on files: each format with a row, made by the code that writes or reads it."""

from __future__ import annotations

import json
from typing import Any

from core.importing import files
from core.importing.examples import FORMATS, RowReader
from core.importing.look import as_stored
from core.importing.roles import NAMES, Role
from core.records import Origin
from core.release import formats
from core.release.row import Judged, RejectedAnswer, ReleaseRow
from tests.docs.markdown import block, code, page, plain, table

ASK, INPUT, ANSWER, WORSE = "Turn the temperature into Celsius.", "68 °F", "20 °C", "36 °C"
ROW = ReleaseRow(
    *("i7", "t3", ASK, INPUT, ANSWER, False, Origin.SELF_INSTRUCT),
    verb="turn",
    judged=Judged(True, 4.0, 2),
    pairs=(RejectedAnswer(WORSE, "edit", 2.0),),
)
SHAPES = {
    formats.Shape.LINES: "JSON Lines",
    formats.Shape.ARRAY: "one JSON list",
    formats.Shape.CSV: "CSV",
    formats.Shape.PARQUET: "Parquet",
}


def releases() -> str:
    """Every release format with what it needs, what it keeps and one row."""
    lines = [
        "`winnow release make POOL FOLDER --format NAME ...` writes any of them, and reads each back before it is "
        "offered. Who made and judged a row stands in `lineage.jsonl` beside the tables, by `id`; a data card, "
        "`croissant.json` and hashes of all files come with every release. Packages can add formats of their own.",
        "",
        "Every row below is the same instance, with an output that a person mended and two ratings.",
        "",
    ]
    head = ("format", "file", "a row needs", "system prompt, earlier turns", "thoughts")
    rows = [
        (
            f"[{form.name}](#{form.name})",
            SHAPES[form.shape],
            plain(form.needs.value) or "nothing more",
            "kept" if form.keeps_context else "no place",
            "on request" if form.keeps_thoughts else "no place",
        )
        for form in formats.FORMATS.values()
    ]
    lines += table(head, rows)
    for form in formats.FORMATS.values():
        lines += [f"## {form.name}", ""]
        if form.least_rows > 1:
            lines += [f"At least {form.least_rows} rows: fewer are refused by the service that reads it.", ""]
        if form.shuffled:
            lines += ["Lines are in the order of a seeded hash and duplicates are left out, as the paper's set.", ""]
        if form.takes_judged:
            lines += ["It also holds what reviewers judged and the rule left behind for that.", ""]
        lines += block(_json(form.record(ROW, 1, 0)))
    return page("Release formats", lines)


def _talk(who: str, what: str, asks: str, answers: str) -> list[dict[str, str]]:
    return [{who: asks, what: ASK}, {who: answers, what: ANSWER}]


_QUESTION, _REPLY = _talk("role", "content", "user", "assistant")
_WORSE = {"role": "assistant", "content": WORSE}
ROWS: tuple[dict[str, Any], ...] = (
    {"instruction": ASK, "input": INPUT, "output": ANSWER},
    {"instruction": ASK, "is_classification": False, "instances": [{"input": INPUT, "output": ANSWER}]},
    {"instruction": ASK, "raw_instances": f"Input: {INPUT}\nOutput: {ANSWER}"},
    {"prompt": f"{ASK}\nInput: {INPUT}\nOutput:", "completion": f" {ANSWER}<|endoftext|>"},
    {"instruction": ASK, "context": INPUT, "response": ANSWER, "category": "closed_qa"},
    {"inputs": ASK, "targets": ANSWER, "task_name": "units"},
    {"prompt": ASK, "completion": ANSWER},
    {"messages": [{"role": "system", "content": "Be brief."}, _QUESTION, _REPLY]},
    {"conversations": _talk("from", "value", "human", "gpt")},
    {"instruction": ASK, "output": f"<think>Take 32, times 5/9.</think>\n{ANSWER}"},
    {"prompt": ASK, "chosen": ANSWER, "rejected": WORSE},
    {"prompt": [_QUESTION], "completion": [_REPLY], "label": True},
    {"input": {"messages": [_QUESTION]}, "preferred_output": [_REPLY], "non_preferred_output": [_WORSE]},
    {"instruction": ASK, "generations": [WORSE, ANSWER], "ratings": [2, 5]},
    {
        "instruction": ASK,
        "completions": [{"response": WORSE, "overall_score": 3.0}, {"response": ANSWER, "overall_score": 9.0}],
    },
    {
        "message_tree_id": "m1",
        "prompt": {"text": ASK, "replies": [{"text": ANSWER, "rank": 0}, {"text": WORSE, "rank": 1}]},
    },
    {
        "fields": {"instruction": ASK, "response": ANSWER},
        "responses": [{"status": "submitted", "values": {}}],
        "metadata": {"source": "web"},
    },
    {
        "data": {"prompt": ASK, "response": WORSE},
        "annotations": [{"result": [{"type": "textarea", "from_name": "answer", "value": {"text": [ANSWER]}}]}],
    },
    {"text": ASK, "response": ANSWER, "answer": "accept", "_task_hash": 2},
    {"input": ASK, "output": {"output": WORSE}, "repaired_output": {"output": ANSWER}},
)


def imports() -> str:
    """Every kind of file and of row, with what the row becomes."""
    names = table(
        ("role", "names of columns that have it"),
        [(code(role.value), ", ".join(map(code, its))) for role, its in NAMES.items() if role is not Role.LABEL]
        + [(code(Role.LABEL), ", ".join(code(name) for name in NAMES[Role.LABEL][:-1]))],
    )
    lines = [
        f"`winnow pool import POOL FILE` reads {', '.join(files.KINDS.values())}, told apart by what is in the file; "
        "also packed as `.gz` or `.zst`. `--look` says what each column would become, and imports nothing.",
        "",
        "## Columns",
        "",
        "A column gets its role from its name (any case; spaces and hyphens are underscores). Of several that could "
        "have one role the first in the list has it. Everything else stays beside its row. `--map output=reply` gives "
        "a column a role by hand, `--map beside=id` keeps one from becoming anything.",
        "",
        *names,
        "## Rows",
        "",
        "Names that are recognised: " + ", ".join(code(name) for name in _known()) + ".",
        "",
    ]
    for row in ROWS:
        reader = RowReader()
        became = [as_stored(one) for one in reader.read(row)]
        lines += [
            f"### {reader.format or 'columns'}: {', '.join(row)}",
            "",
            "The row",
            "",
            *block(_json(row)),
            "becomes",
            "",
        ]
        for one in became:
            lines += block(_json(one))
    return page("Import formats", lines)


def _known() -> list[str]:
    seen = dict.fromkeys(FORMATS)
    for row in ROWS:
        reader = RowReader()
        reader.read(row)
        seen |= dict.fromkeys([reader.format] if reader.format else [])
    return sorted(seen)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
