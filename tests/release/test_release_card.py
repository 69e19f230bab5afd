"""The dataset card: front matter that the Hub's own reader takes, this release's figures, texts that do nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from core.records import Origin
from core.release.card import inert
from core.release.options import AuditLine
from core.release.split import Shares
from core.release.writer import write_release
from tests.release.release_rows import options, row, rows, source

HOSTILE_TITLE = "Fine ![x](https://example.org/a.png) <b>data</b> | `code`\n# head"


def card_of(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")


def test_the_hubs_own_reader_takes_the_front_matter(tmp_path: Path) -> None:
    from huggingface_hub import DatasetCard

    choices = options(shares=Shares(0.6, 0.2, 0.2), license="cc-by-4.0", languages=("en", "de"))
    write_release(source(rows(30)), tmp_path / "r", choices)
    front = DatasetCard.load(tmp_path / "r/README.md").data.to_dict()
    assert front["license"] == "cc-by-4.0" and front["language"] == ["en", "de"]
    assert front["pretty_name"] == "Kind numbers" and front["size_categories"] == ["n<1K"]
    assert front["task_categories"] == ["text-generation"]
    assert {"reinstruct-style", "self-instruct", "synthetic"} <= set(front["tags"]) and "demo" not in front["tags"]
    named = [side["path"] for each in front["configs"] for side in each["data_files"]]
    assert named and all((tmp_path / "r" / path).is_file() for path in named)
    assert {side["split"] for side in front["configs"][0]["data_files"]} == {"train", "validation", "test"}


def test_an_unknown_license_and_language_are_left_out_and_not_invented(tmp_path: Path) -> None:
    write_release(source(rows(3)), tmp_path / "r", options("jsonl"))
    head = card_of(tmp_path / "r").split("---")[1]
    assert "license" not in head and "language" not in head


def test_the_figures_are_those_of_the_rows(tmp_path: Path) -> None:
    write_release(source(rows(12)), tmp_path / "r", options("jsonl"))
    card = card_of(tmp_path / "r")
    for line in (
        "| rows | 12 |",
        "| tasks | 6 |",
        "| rows with an empty input | 6 |",
        "| rows from seed | 4 |",
        "| mean words, instruction | 7.0 (n=6) |",
        "| mean words, input (non-empty) | 2.0 (n=6) |",
        "| mean words, output | 5.0 (n=12) |",
        "Grades (n=12 ratings)",
    ):
        assert line in card


def test_the_audit_is_a_table_with_its_intervals_or_said_to_be_missing(tmp_path: Path) -> None:
    audit = (AuditLine("Does the instruction describe a valid task?", 184, 200, 0.874, 0.95),)
    write_release(source(rows(3)), tmp_path / "r", options("jsonl", audit=audit))
    assert "| 184 | 200 | 92.0 | 87.4 to 95.0 |" in card_of(tmp_path / "r")
    write_release(source(rows(3)), tmp_path / "s", options("jsonl"))
    assert "No audit was given" in card_of(tmp_path / "s")


def test_demo_rows_are_named_loudly_in_card_notes_and_counts(tmp_path: Path) -> None:
    release = write_release(source([*rows(11), row(11, demo=True)]), tmp_path / "r", options("jsonl"))
    assert "**DEMO ROWS: 1 of 12 rows" in card_of(tmp_path / "r") and release.counts["demo rows"] == 1
    assert "Demo rows, replayed from recordings: 1 of 12." in release.notes


def test_reinstruct_style_is_called_so_and_the_papers_figure_is_not_claimed(tmp_path: Path) -> None:
    write_release(source(rows(6)), tmp_path / "r", options("jsonl"))
    card = card_of(tmp_path / "r")
    assert "**REInstruct-style**" in card and "does not carry over" in card
    plain = [replace(each, origin=Origin.IMPORT) for each in rows(6)]
    write_release(source(plain), tmp_path / "s", options("jsonl"))
    assert "REInstruct" not in card_of(tmp_path / "s") and "synthetic" not in card_of(tmp_path / "s")


def test_texts_of_people_do_nothing_in_the_card(tmp_path: Path) -> None:
    from huggingface_hub import DatasetCard
    from markdown_it import MarkdownIt

    odd = [row(n, verb="say`\n```\n![x](https://example.org)") for n in range(3)]
    choices = replace(options("jsonl", how=(HOSTILE_TITLE,)), title=HOSTILE_TITLE)
    write_release(source(odd), tmp_path / "r", choices)
    text = card_of(tmp_path / "r")
    shown = MarkdownIt("commonmark").enable("table").render(text.split("\n---\n", 1)[1])
    assert not re.findall(r"<(img|a|b|script)\b", shown) and shown.count("<h1>") == 1
    assert DatasetCard.load(tmp_path / "r/README.md").data.to_dict()["pretty_name"] == HOSTILE_TITLE


@pytest.mark.parametrize(
    "text", ["[a](b)", "<img src=x>", "www.example.org", "a|b", "*x*", "`x`", "https://x.org", "# x"]
)
def test_inert_text_keeps_no_mark_of_markdown_bare(text: str) -> None:
    shown = inert(text)
    for at, character in enumerate(shown):
        if character in "[](){}<>|*`#_!.:/":
            assert at and shown[at - 1] == "\\"


def test_what_is_of_another_kind_than_the_configurations_says_how_datasets_opens_it(tmp_path: Path) -> None:
    import datasets

    write_release(source(rows(20)), tmp_path / "r", options("jsonl", "csv", "parquet", shares=Shares(0.8, 0.1, 0.1)))
    block = re.findall(r"```python\n(.*?)```", card_of(tmp_path / "r"), re.DOTALL)[0]
    loaded = []
    for line in block.splitlines():
        line = re.sub(r'"((?:csv|parquet)/)', rf'"{tmp_path}/r/\1', line).replace(
            "load_dataset(", f"load_dataset(cache_dir='{tmp_path}/c', path="
        )
        loaded.append(eval(line, {"load_dataset": datasets.load_dataset}))
    assert len(loaded) == 2
    for found in loaded:
        assert {side: len(its) for side, its in found.items()} == {"train": 16, "validation": 2, "test": 2}
        assert found["train"][1]["input"] == "" and found["train"][0]["output"] == "0 is a fine number."
