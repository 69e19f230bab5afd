"""The appendix: each figure as LaTeX, SVG, PDF and CSV, the same bytes from the same pool, hostile texts inert."""

from __future__ import annotations

import csv
import io
import json
import re
import zlib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from core.__main__ import main
from core.appendix.drawing import Bar, TextLine, VectorDrawing, Wedge
from core.appendix.tables import PaperTable, markdown


def said(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*map(str, words), "--json"]) == code
    return dict(json.loads(capsys.readouterr().out))


def test_the_demo_gives_an_appendix_with_the_papers_numbers_beside(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "appendix"
    said(capsys, "pool", "make", "demo")
    assert "Nothing of demo" in said(capsys, "release", "appendix", "demo", folder, code=1)["error"]
    grown = said(capsys, "run", "start", "demo", "--provider", "demo", "--batches", "2")
    audit = said(capsys, "audit", "new", "demo", "--size", "5")
    first = audit["items"][0]
    row = {"position": first["position"], "instance": first["instance"], "text_hash": first["text_hash"],
           "reviewer": "Ada", "grade": "A", "instruction_valid": True, "input_appropriate": True,
           "output_correct": True}  # fmt: skip
    (tmp_path / "filled.jsonl").write_text(json.dumps(row))
    assert said(capsys, "audit", "import", audit["id"], tmp_path / "filled.jsonl")["added"] == 1
    said(capsys, "audit", "show", audit["id"])  # who names it has opened it
    made = said(capsys, "release", "appendix", "demo", folder)
    for name in ("table1", "table2", "funnel", "grades", "rouge", "lengths"):
        assert {f"{name}.tex", f"{name}.csv"} <= set(made["files"])
    for name in ("rouge", "funnel", "table2", "lengths-instruction"):
        ElementTree.fromstring((folder / f"{name}.svg").read_text("utf-8"))
        assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF-1.4")
    rows = {row["statistic"]: row for row in csv.DictReader(io.StringIO((folder / "table1.csv").read_text("utf-8")))}
    assert rows["instructions"]["here"] == str(grown["accepted"])
    assert rows["instructions"]["Self-Instruct"] == "52445"
    told = (folder / "methods.txt").read_text("utf-8")
    for fact in (
        "175 human-written seed",
        "asked demo (recorded replies",
        "novelty threshold 0.7",
        "prompts of SHA-256",
        "95% interval",
    ):
        assert fact in told, fact
    assert any(sentence.startswith("Agreement") for sentence in made["missing"]), "what is missing is said"
    again = tmp_path / "again"
    said(capsys, "release", "appendix", "demo", again)
    assert all((folder / name).read_bytes() == (again / name).read_bytes() for name in made["files"])
    assert "holds something" in said(capsys, "release", "appendix", "demo", again, code=1)["error"]
    instance = first["instance"]
    said(capsys, "rating", "give", instance, "--grade", "A", "--reviewer", "Ada")
    said(capsys, "release", "make", "demo", tmp_path / "all", "--all")
    said(capsys, "release", "appendix", "demo", tmp_path / "of-release", "--release", "all")
    held = json.loads((tmp_path / "all/manifest.json").read_text("utf-8"))["counts"]
    numbers = dict(list(csv.reader((tmp_path / "of-release/table1.csv").open(encoding="utf-8")))[n][:2] for n in (1, 4))
    task = next(one for one in said(capsys, "task", "list", "demo", "--origin", "self-instruct")["tasks"])["id"]
    fits = said(capsys, "item", "reject", "demo", "--reason", "dull", "--task", task)["fits"]
    said(capsys, "item", "reject", "demo", "--reason", "dull", "--task", task, "--confirm", fits)
    dropped = said(capsys, "discard", "list", "demo")["discards"][0]["task_id"]
    said(capsys, "discard", "list", "demo", "--rescue", dropped)
    said(capsys, "run", "start", "demo", "--provider", "demo", "--batches", "1", "--prompts-per-batch", "1")
    said(capsys, "rating", "give", instance, "--grade", "D", "--reviewer", "Ada")
    second = audit["items"][1]
    said(capsys, "rating", "give", second["instance"], "--grade", "C", "--reviewer", "Ada")
    row |= {name: second[name] for name in ("position", "instance", "text_hash")}
    (tmp_path / "filled.jsonl").write_text(json.dumps(row))
    assert said(capsys, "audit", "import", audit["id"], tmp_path / "filled.jsonl")["added"] == 1
    said(capsys, "release", "appendix", "demo", tmp_path / "later", "--release", "all")
    now, then = (dict(list(csv.reader((tmp_path / file).open(encoding="utf-8")))[1:])
                 for file in ("later/funnel.csv", "later/release.csv"))  # fmt: skip
    assert (tmp_path / "later/release.csv").read_text() == (tmp_path / "of-release/release.csv").read_text()
    assert then["candidates"] == "72" != now["candidates"] and then["accepted tasks"] == str(grown["accepted"])
    assert then["rows of the release"] == str(held["rows"]) and then["taken out by people"] == "0"
    for file in ("grades.csv", "grades.tex", "grades.svg", "table2.csv", "table2.svg", "release.svg", "methods.txt"):
        its = [(tmp_path / folder / file).read_bytes() for folder in ("of-release", "later")]
        assert its[0] == its[1], f"{file} is as of the release, whatever was said since"
    assert "A,1" in (tmp_path / "later/grades.csv").read_text()
    assert "the pool today" in (tmp_path / "later/funnel.svg").read_text("utf-8"), "what is of today says so"
    assert list(numbers.values()) == [str(held["tasks"]), str(held["rows"])], "what it held, not what is approved now"


def test_texts_of_models_are_inert_in_every_file() -> None:
    evil = r'\input{/etc/passwd} $x$ <script>&"'
    table = PaperTable("x", "c", ("verb",), ((evil,), ("=HYPERLINK(1)",)))
    assert r"\input" not in table.latex() and r"\textbackslash{}input\{" in table.latex()
    assert "'=HYPERLINK" in table.csv()
    for hostile in ("![p](http://evil.example/p.png)", "<img src=x>", "[l](http://evil.example)", "a | b\n# c", "`d"):
        (row,) = markdown(PaperTable("x", "c", ("verb", "n"), ((hostile, 1),)))[2:]
        parsed = MarkdownIt("commonmark").enable("table").parse("\n".join(["| a | n |", "| --- | --- |", row]))
        inline = [token for token in parsed if token.type == "inline"]
        assert len(inline) == 4, "no cell more than there was"
        assert {part.type for token in inline for part in token.children or ()} == {"text"}, hostile
    drawing = VectorDrawing(100, 100, evil, [TextLine(1, 1, evil + ") Tj (x"), Bar(0, 0, 5, 5, "#000000")])
    assert "<script>" not in drawing.svg()
    ElementTree.fromstring(drawing.svg())
    page = zlib.decompress(re.search(rb"stream\n(.*)\nendstream", drawing.pdf(), re.DOTALL)[1])  # type: ignore[index]
    assert rb"\) Tj \(x" in page


def test_a_pdfs_table_names_the_place_of_every_object() -> None:
    whole = VectorDrawing(50, 50, "t", [Wedge(25, 25, 5, 20, 0.0, 3.0, "#1f6f5c"), TextLine(5, 5, "Größe 好")]).pdf()
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n", whole)]
    assert all(whole[place:].startswith(f"{n} 0 obj".encode()) for n, place in enumerate(places, 1))
    assert whole[int(re.search(rb"startxref\n(\d+)", whole)[1]) :].startswith(b"xref")  # type: ignore[index]
