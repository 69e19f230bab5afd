"""croissant.json: MLCommons' own validator takes it, every table loads by it, its facts are those of the lineage."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.records import Origin
from core.release.croissant import CROISSANT
from core.release.split import Shares
from core.release.verify import verify
from core.release.writer import write_release
from tests.release.release_rows import options, row, rows, source


@pytest.fixture
def quiet() -> Iterator[None]:
    """mlcroissant writes what it recommends to absl's log."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


SHAPES = ("jsonl", "alpaca", "csv", "parquet", "trl-messages", "openai-dpo", "llamafactory-ranking", "score")


def document(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / CROISSANT).read_bytes())
    return found


def test_the_validator_takes_it_and_every_table_loads_by_it(tmp_path: Path, quiet: None) -> None:
    import mlcroissant

    choices = options(*SHAPES, shares=Shares(0.8, 0.1, 0.1), license="cc-by-4.0", created_at="2026-11-21")
    release = write_release(source(rows(60)), tmp_path / "r", choices)
    dataset = mlcroissant.Dataset(jsonld=tmp_path / "r" / CROISSANT)
    found = dataset.metadata
    assert not found.ctx.issues.errors and not found.ctx.issues.warnings
    tables = {f"{file.format}-{file.split}": file.rows for file in release.files if file.format}
    loaded = {
        each.uuid: sum(1 for _ in dataset.records(each.uuid)) for each in found.record_sets if each.uuid != "splits"
    }
    assert loaded == tables and len(tables) == 3 * len(choices.formats)
    first = next(iter(dataset.records("trl-messages-train")))["trl-messages-train/messages"]
    assert [turn["trl-messages-train/messages/role"] for turn in first] == [b"user", b"assistant"]
    assert verify(tmp_path / "r").ok and CROISSANT in {file.path for file in release.files}


def test_provenance_and_judgements_are_those_of_the_lineage(tmp_path: Path) -> None:
    lineage = {
        "run": 4,
        "method": "self-instruct",
        "settings": "abc123",
        "provider": "openai",
        "model": "gpt-6-sol",
        "shown": ["t1", "t2"],
        "filters": ["too-short", "too-close"],
        "overruled": ["too-long"],
        "not_taken": {"instances": {"top_p": "refused"}},
        "ratings": [{"by": "r1", "grade": "A", "valid": True}, {"by": "r2", "grade": "B", "valid": True}],
        "edits": [{"field": "output", "by": "r1", "at": "2026-01-01"}],
    }
    brought = {"import": {"file": "old.jsonl", "sha256": "ab" * 32, "format": "dolly"}}
    given = [
        row(0, origin=Origin.SELF_INSTRUCT, lineage=lineage),
        row(2, origin=Origin.IMPORT, lineage=brought),
        row(4, origin=Origin.IMPORT, lineage=brought),
    ]
    write_release(source(given), tmp_path / "r", options("csv"), predicate={"min_grade": "B"})
    found = document(tmp_path / "r")
    [derived, shown] = found["prov:wasDerivedFrom"]
    assert derived["@id"] == f"urn:sha256:{'ab' * 32}" and derived["prov:label"] == "old.jsonl, read as dolly: 2 rows"
    assert "2 tasks stood as examples" in shown["prov:label"]
    run, judging, editing, _ = found["prov:wasGeneratedBy"]
    assert run["prov:label"] == "Run 4: self-instruct, settings abc123, 1 row"
    assert run["prov:wasAssociatedWith"]["prov:label"] == "gpt-6-sol (openai)"
    assert "2 ratings by people of 1 row" in judging["prov:label"] and "1 row" in editing["prov:label"]
    assert found["rai:dataAnnotationProtocol"].startswith("2 people rated 1 of 3 rows, 2 ratings")
    assert found["rai:annotationsPerItem"] == "0.67 on average, at most 2"
    assert found["rai:hasSyntheticData"] is True and found["rai:machineAnnotationTools"] == ["gpt-6-sol"]
    said = " ".join(found["rai:dataPreprocessingProtocol"])
    assert "too-close: too close to a task that is there; passed by 1 row." in said
    assert "too-long: overruled by a person for 1 row." in said and "grade at least B" in said
    limits = " ".join(found["rai:dataLimitations"])
    assert "No person rated 2 of 3 rows." in limits and "top_p (instances) for 1 row" in limits


def test_nothing_is_invented(tmp_path: Path) -> None:
    given = [row(n, origin=Origin.SEED, lineage={}, verb=None) for n in range(3)]
    write_release(source(given), tmp_path / "r", options("csv"))
    found = document(tmp_path / "r")
    assert not {"license", "url", "creator", "datePublished", "inLanguage", "rai:dataSocialImpact"} & found.keys()
    assert found["rai:hasSyntheticData"] is False and found["rai:dataCollectionType"] == ["Manual Human Curator"]
    assert found["rai:dataAnnotationProtocol"] == "No row of this release was rated by a person."
    assert "`rai:dataSocialImpact` are left to a person" in (tmp_path / "r/README.md").read_text(encoding="utf-8")
