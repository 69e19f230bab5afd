"""Every format, opened by the client it is for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.records import Origin, Refused
from core.release.clients import openai_fault
from core.release.formats import FORMATS, Shape, chosen
from core.release.narrowing import narrowed
from core.release.options import REINSTRUCT_STYLE, ReleaseOptions
from core.release.reading import records
from core.release.split import Shares
from core.release.spreadsheet import unguarded
from core.release.templates import prompt_and_completion
from core.release.writer import write_release
from tests.release.release_rows import EVERY, hostile_rows, options, row, rows, source


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "release"
    write_release(source(hostile_rows()), folder, options())
    return folder


def loaded(folder: Path, name: str) -> list[dict[str, Any]]:
    """Load one configuration of a release as its user would: by the folder and the card's configuration."""
    import datasets

    path = str(folder)
    return list(datasets.load_dataset(path, name, split="train", cache_dir=str(folder.parent / "cache")))


SEEDS_SUFFIX, OTHERS_SUFFIX = REINSTRUCT_STYLE.seed_suffix, REINSTRUCT_STYLE.other_suffix


@pytest.mark.parametrize("name", [name for name in EVERY if FORMATS[name].shape in (Shape.LINES, Shape.ARRAY)])
def test_datasets_loads_every_json_format_by_the_cards_configuration(hostile: Path, name: str) -> None:
    expected = [record for each in hostile_rows() for record in FORMATS[name].records(each, 1, 0)]
    if not expected:  # of these rows, all with earlier turns, nothing can go out
        with pytest.raises(ValueError, match=f"'{name}' not found"):
            loaded(hostile, name)
    elif FORMATS[name].shuffled:
        assert sorted(map(json.dumps, loaded(hostile, name))) == sorted(map(json.dumps, expected))
    else:
        assert loaded(hostile, name) == expected


def test_pandas_reads_the_csv_and_every_text_comes_back(hostile: Path) -> None:
    import pandas

    table = pandas.read_csv(hostile / "csv/train.csv", dtype=str, keep_default_na=False)
    assert [unguarded(cell) for cell in table["output"]] == [each.output for each in hostile_rows()]
    assert [unguarded(cell) for cell in table["input"]] == [each.input for each in hostile_rows()]
    assert not any(cell[:1] in tuple("=+-@\t\r\n") for column in table for cell in table[column] if cell)


def test_pyarrow_pandas_and_datasets_read_the_parquet(hostile: Path) -> None:
    import datasets
    import pandas
    import pyarrow.parquet as parquet

    path, expected = hostile / "parquet/train.parquet", [each.output for each in hostile_rows()]
    assert parquet.read_table(path)["output"].to_pylist() == expected
    assert list(pandas.read_parquet(path)["output"]) == expected
    assert datasets.Dataset.from_parquet(str(path), cache_dir=str(hostile.parent / "cache"))["output"][:] == expected


def test_no_hostile_text_ends_a_line_for_readers_that_split_text(hostile: Path) -> None:
    for path in hostile.rglob("*.jsonl"):
        text = path.read_text(encoding="utf-8")
        assert [json.loads(line) for line in text.splitlines()] == [json.loads(line) for line in text.split("\n")[:-1]]


def test_a_release_of_parquet_or_csv_alone_opens_by_its_card(tmp_path: Path) -> None:
    for name in ("parquet", "csv"):
        write_release(source(rows(6)), tmp_path / name, options(name))
        assert [each["id"] for each in loaded(tmp_path / name, name)] == [f"i{n}" for n in range(6)]


def test_openai_rules_hold_and_a_broken_row_is_named() -> None:
    for each in hostile_rows():
        assert openai_fault(FORMATS["openai-chat"].record(each, 1, 0), "openai-chat") is None
        assert openai_fault(FORMATS["openai-completion"].record(each, 1, 0), "openai-completion") is None
    said = {"role": "user", "content": "hello"}
    assert openai_fault({"messages": [said]}, "openai-chat") == "does not end with the assistant's message"
    assert openai_fault({"messages": [{"role": "gpt", "content": ""}]}, "openai-chat")
    assert openai_fault({"messages": []}, "openai-chat") and openai_fault({"prompt": "x"}, "openai-completion")


def test_openai_chat_of_nine_rows_is_left_out_with_the_reason_and_the_others_are_written(tmp_path: Path) -> None:
    release = write_release(source(rows(9)), tmp_path / "nine", options("alpaca", "openai-chat"))
    assert not (tmp_path / "nine/openai-chat").exists() and (tmp_path / "nine/alpaca/train.json").exists()
    assert [note for note in release.notes if "openai-chat was left out" in note and "10 rows" in note and "9" in note]
    assert "openai" in (tmp_path / "nine/README.md").read_text(encoding="utf-8")
    with pytest.raises(Refused, match="fewer than 10 rows"):
        write_release(source(rows(9)), tmp_path / "only", options("openai-chat"))
    assert not (tmp_path / "only").exists()
    write_release(source(rows(10)), tmp_path / "ten", options("openai-chat"))


def test_lone_surrogates_are_replaced_for_loaders_and_kept_exactly_in_the_lineage(tmp_path: Path) -> None:
    broken = [row(n, output=f"\ud800 {n} \udfff") for n in range(12)]
    release = write_release(source(broken), tmp_path / "release", options())
    assert any("lone surrogates" in note and "12" in note for note in release.notes)
    assert [each["output"] for each in loaded(tmp_path / "release", "alpaca")] == [
        f"\ufffd {n} \ufffd" for n in range(12)
    ]
    lineage = [json.loads(line) for line in (tmp_path / "release/lineage.jsonl").open("rb")]
    assert [each["exact"]["output"] for each in lineage] == [each.output for each in broken]


def test_self_instruct_is_shuffled_and_without_duplicates_and_the_lineage_knows_every_line(tmp_path: Path) -> None:
    doubled = [*rows(40), row(3, id="again", task="again")]
    release = write_release(source(doubled), tmp_path / "r", options("self-instruct", "alpaca"))
    lines = [json.loads(line) for line in (tmp_path / "r/self-instruct/train.jsonl").open("rb")]
    straight = [FORMATS["self-instruct"].record(each, 1, 0) for each in doubled]
    assert len(lines) == 40 and lines != straight[:40]
    assert "Duplicates left out of self-instruct (train): 1." in release.notes
    for each, entry in zip(doubled, map(json.loads, (tmp_path / "r/lineage.jsonl").open("rb")), strict=True):
        expected = prompt_and_completion(each.instruction, each.input, each.output, seed=1)
        for line in entry["lines"]["self-instruct"]:
            assert (lines[line - 1]["prompt"], lines[line - 1]["completion"]) == expected
        assert entry["id"] == "again" or len(entry["lines"]["self-instruct"]) == 1


def test_reinstruct_style_adds_suffixes_and_counts_training_seeds_twice(tmp_path: Path) -> None:
    write_release(source(rows(12)), tmp_path / "r", options("jsonl", "alpaca", style=REINSTRUCT_STYLE))
    taught = json.loads((tmp_path / "r/alpaca/train.json").read_bytes())
    plain = [json.loads(line) for line in (tmp_path / "r/jsonl/train.jsonl").open("rb")]
    seeds = [each for each in rows(12) if each.origin is Origin.SEED]
    assert len(plain) == len(taught) == 12 + len(seeds)
    assert [each["instruction"] for each in plain] == [each["instruction"] for each in taught]
    assert sum(each["instruction"].endswith(REINSTRUCT_STYLE.seed_suffix) for each in taught) == 2 * len(seeds)
    assert sum(each["instruction"].endswith(REINSTRUCT_STYLE.other_suffix) for each in taught) == 12 - len(seeds)
    for entry in map(json.loads, (tmp_path / "r/lineage.jsonl").open("rb")):
        assert {plain[line - 1]["id"] for line in entry["lines"]["rows"]} == {entry["id"]}
        assert len(entry["lines"]["rows"]) == (2 if entry["origin"] == "seed" else 1)


def test_reinstruct_style_holds_in_every_format(tmp_path: Path) -> None:
    release = write_release(source(rows(30)), tmp_path / "r", options(style=REINSTRUCT_STYLE))
    assert {file.format for file in release.files if file.format} == set(EVERY)
    for name, form in FORMATS.items():
        read = [json.dumps(one) for one in records(tmp_path / f"r/{name}/train.{form.shape}", form.shape)]
        styled = [sum(suffix in one for one in read) for suffix in (SEEDS_SUFFIX, OTHERS_SUFFIX)]
        assert sum(styled) == len(read), name
        assert styled[0] == 2 * 10, f"{name}: each of the ten seeds stands twice"


def test_an_unknown_format_or_none_is_refused_with_the_names() -> None:
    with pytest.raises(Refused, match="trl-prompt-completion"):
        chosen(["alpca"])
    with pytest.raises(Refused, match="No format is chosen"):
        ReleaseOptions("t", ())


ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(texts=st.lists(st.tuples(ANY_TEXT, ANY_TEXT, ANY_TEXT), min_size=10, max_size=14))
def test_any_text_survives_every_format(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, texts: list[tuple[str, str, str]]
) -> None:
    # The other process that `datasets` is given costs a second an example; the loader has its own tests above.
    monkeypatch.setattr("core.release.writer.datasets_differences", lambda files, on_wait: {})
    given_rows = [
        row(n, id=f"i{n}", task=f"t{n}", instruction=instruction, input=input, output=output)
        for n, (instruction, input, output) in enumerate(texts)
    ]
    folder = tmp_path_factory.mktemp("any") / "release"
    write_release(source(given_rows), folder, options())
    exact = {entry["id"]: entry.get("exact", {}) for entry in map(json.loads, (folder / "lineage.jsonl").open("rb"))}
    for name in ("jsonl", "alpaca", "csv", "parquet"):
        path = folder / name / f"train.{FORMATS[name].shape}"
        for each, record in zip(given_rows, records(path, FORMATS[name].shape), strict=True):
            for field in ("instruction", "input", "output"):
                text = unguarded(record[field]) if name == "csv" else record[field]
                assert exact[each.id].get(field, text) == getattr(each, field)


def test_rows_of_which_more_is_known_than_of_ten_megabytes_before_them_load(tmp_path: Path) -> None:
    """`datasets` took columns that began with null for columns of nothing: an import released with what a run made."""
    import datasets

    unknown = [
        row(n, task=f"t{n}", output="long " * 1000, is_classification=None, verb=None, origin=Origin.IMPORT)
        for n in range(3000)
    ]
    known = [row(n, task=f"t{n}", verb=None, origin=Origin.SELF_INSTRUCT) for n in range(3000, 3030)]
    known += [row(3030, task="t3030", is_classification=None, origin=Origin.SELF_INSTRUCT)]
    given = unknown + known
    write_release(source(given), tmp_path / "r", options("jsonl", "alpaca", shares=Shares(0.9, 0.05, 0.05)))
    found = datasets.load_dataset(str(tmp_path / "r"), "jsonl", cache_dir=str(tmp_path / "cache"))
    kinds = {one["id"]: one["is_classification"] for side in found.values() for one in side}
    assert kinds == {one.id: one.is_classification for one in given}
    verbs = {one["id"]: one["verb"] for side in found.values() for one in side}
    assert verbs == {one.id: one.verb for one in given}
    lineage = [json.loads(line) for line in (tmp_path / "r/lineage.jsonl").open()]
    lines = {one["id"]: (one["split"], one["lines"]["rows"]) for one in lineage}
    assert lines == {one["id"]: (side, [n]) for side, read in found.items() for n, one in enumerate(read, 1)}
    of_train = [int(each["id"][1:]) for each in found["train"]][2:]  # after one of each kind of knowledge
    assert of_train == sorted(of_train)


def test_a_side_of_which_nothing_is_known_loads_beside_one_of_which_something_is(tmp_path: Path) -> None:
    import datasets

    given = [row(n, task=f"t{n}", is_classification=None, verb=None, fields={"notes": ""}) for n in range(40)]
    written = tmp_path / "r"
    write_release(source(given), written, options("jsonl", "csv", shares=Shares(0.9, 0.05, 0.05)))
    last = [json.loads(line) for line in (written / "jsonl/test.jsonl").open()]
    told = [one | {"is_classification": True, "verb": "say"} for one in last]  # as the draw of sides might have it
    (written / "jsonl/test.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in told))
    found = datasets.load_dataset(str(written), "jsonl", cache_dir=str(tmp_path / "cache"))
    assert list(found["test"]) == told and set(found["train"]["is_classification"]) == {None}
    assert str(found["train"].features["is_classification"].dtype) == "bool"
    narrowed(written, ["csv"], tmp_path / "narrow")
    assert "dataset_info" in (written / "README.md").read_text()
    assert "dataset_info" not in (tmp_path / "narrow/README.md").read_text()
