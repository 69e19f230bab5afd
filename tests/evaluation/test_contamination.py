"""Contamination is found before training: in a pool, in what a release would hold, in a release that is written."""

from __future__ import annotations

import json
import random
import zipfile
from pathlib import Path

import pytest
from rouge_score.rouge_scorer import RougeScorer

from core import pools
from core.database import Database
from core.evaluation import checking, models
from core.evaluation.contamination import WORDS_IN_A_ROW, Checked, FoundBy, SealedText, matches
from core.evaluation.importing import What, import_file
from core.importing import bounds
from core.pool import arrivals
from core.pool.arrivals import NewInstance, NewTask
from core.records import Origin, Pool, Refused
from core.release import making
from core.release.order import ReleaseOrder
from core.release.predicate import Predicate
from core.release.reasons import Reason
from core.release.verify import verify
from tests.evaluation.sets_of_models import write

LONG = "the quick brown fox jumps over the lazy dog while seven wizards quietly count their golden coins at dawn"
TASKS = [
    {"id": "a", "instruction": "Describe the weather of the coming week in three lines.", "output": "Sun."},
    {"id": "b", "instruction": "Summarise.", "input": LONG, "output": "A fox."},
]
ROWS = [
    ("describe the weather of the coming week, in three lines", "", "Rain."),
    ("Describe the weather of the next week in three short lines.", "", "Fog."),
    ("Write about animals.", "", f"Once {LONG.upper()}!"),
    ("Plan a birthday party for nine children.", "", "Cake."),
]


@pytest.fixture
def pool(database: Database, tmp_path: Path) -> Pool:
    """A pool that held four rows before the set came: three of them are near."""
    made = pools.make(database, "p", own_seeds=[])
    with database.write() as c:
        new = [NewTask(Origin.IMPORT, i, False, (NewInstance(g, o),), completed=True) for i, g, o in ROWS]
        arrivals.add(c, made.id, new)
    import_file(database, "tiny", write(tmp_path / "tiny.jsonl", TASKS), What.SET)
    return made


def test_a_pool_is_checked_by_all_three_looks(database: Database, pool: Pool) -> None:
    found = checking.check_pool(database, "p")
    assert [(match.how, match.position) for match in found.matches] == [
        (FoundBy.EXACT, 1),
        (FoundBy.ROUGE_L, 1),
        (FoundBy.NGRAM, 2),
    ]
    told = found.as_json()
    assert (told["checked"], told["near"], told["exact"], told["rouge_l"], told["13_gram"]) == (4, 3, 1, 1, 1)
    assert "3 of 4 rows are near" in found.sentence


def release(database: Database, pool: Pool, target: Path) -> dict[str, object]:
    return making.summary(making.make(database, pool, ReleaseOrder(("alpaca",), Predicate.everything()), target))


def test_a_release_leaves_them_out_and_says_so_in_its_card(database: Database, pool: Pool, tmp_path: Path) -> None:
    made = release(database, pool, tmp_path / "out")
    assert made["rows"] == 1 and made["excluded"] == {Reason.CONTAMINATED.value: 3}
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "Checked against tiny" in card and "3 of 4 rows are near" in card and "left out" in card
    assert verify(tmp_path / "out").ok
    assert checking.check_release(database, tmp_path / "out").matches == ()


def test_a_set_opened_by_name_is_let_out_and_that_is_said(database: Database, pool: Pool, tmp_path: Path) -> None:
    models.open_for(database, "p", "tiny")
    with database.read() as c:
        from core.pool import pools as store

        opened = store.get(c, "p")
    made = release(database, opened, tmp_path / "out.zip")
    assert made["rows"] == 4
    found = checking.check_release(database, tmp_path / "out.zip")  # whoever verifies it still hears
    assert len(found.matches) == 3 and found.checked == 4


def test_without_a_set_a_release_says_nothing_of_it(database: Database, tmp_path: Path) -> None:
    made = pools.make(database, "q", own_seeds=[])
    with database.write() as c:
        arrivals.add(c, made.id, [NewTask(Origin.IMPORT, ROWS[3][0], False, (NewInstance("", "x"),), completed=True)])
    release(database, made, tmp_path / "out")
    assert "Checked against" not in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_the_looks_agree_with_plain_loops(database: Database) -> None:
    draw = random.Random(3)
    words = [f"w{at}" for at in range(40)]

    def text(n: int) -> str:
        return " ".join(draw.choices(words, k=n))

    sealed = [SealedText("s", at, text(8), text(30)) for at in range(40)]
    rows = [Checked(at, text(8), "", text(40)) for at in range(150)]
    rows += [
        Checked(1000 + at, text(9), "", f"{text(5)} {' '.join(s.whole.split()[3:17])} {text(5)}")
        for at, s in enumerate(sealed[:20])
    ]
    rows += [Checked(2000 + at, s.instruction + " more", "", text(3)) for at, s in enumerate(sealed[:20])]
    scorer = RougeScorer(["rougeL"])
    plain = {}
    for row in rows:
        whole = f"{row.instruction}\n{row.input}\n{row.output}".split()
        grams = {tuple(whole[i : i + WORDS_IN_A_ROW]) for i in range(len(whole) - WORDS_IN_A_ROW + 1)}
        close = max(scorer.score(s.instruction, row.instruction)["rougeL"].fmeasure for s in sealed) > 0.7
        held = any(
            tuple(s.whole.split()[i : i + WORDS_IN_A_ROW]) in grams
            for s in sealed
            for i in range(len(s.whole.split()) - WORDS_IN_A_ROW + 1)
        )
        if close or held:
            plain[row.key] = FoundBy.ROUGE_L if close else FoundBy.NGRAM
    assert {match.key: match.how for match in matches(sealed, rows)} == plain
    assert {FoundBy.ROUGE_L, FoundBy.NGRAM} <= set(plain.values())


def test_verify_and_check_on_the_command_line(
    database: Database, pool: Pool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from core.__main__ import main

    release(database, pool, tmp_path / "out")
    assert main(["verify", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["near_evaluation_sets"]["near"] == 0
    assert main(["evaluate", "check", "p", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["near"] == 3
    assert main(["evaluate", "check", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["near"] == 0


def hostile(folder: Path, path: str) -> Path:
    """A folder that calls itself a release and names a file of its own choice."""
    folder.mkdir(exist_ok=True)
    files = [{"path": path, "format": "jsonl", "rows": 1, "bytes": 1, "sha256": ""}]
    (folder / "manifest.json").write_text(json.dumps({"files": files}))
    return folder


@pytest.mark.parametrize("path", ["../secret.jsonl", "{}/secret.jsonl", "linked/secret.jsonl"])
def test_a_release_that_names_a_file_outside_is_not_followed(database: Database, tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.jsonl").write_text(json.dumps({"instruction": ROWS[0][0], "output": "mine alone"}))
    made = hostile(tmp_path / "out", path.format(tmp_path))
    (made / "linked").symlink_to(tmp_path)
    with pytest.raises(Refused, match="names a file outside the release"):
        checking.check_release(database, made)
    with pytest.raises(Refused, match="There is no file"):
        checking.check_release(database, hostile(tmp_path / "out", "gone.jsonl"))


@pytest.mark.parametrize("manifest", ["[" * 100_000, "{}", '{"files": 5}', '{"files": [5]}', "1" * 5_000, "\x00"])
def test_a_manifest_that_is_none_is_said_so(database: Database, tmp_path: Path, manifest: str) -> None:
    made = hostile(tmp_path / "out", "x.jsonl")
    (made / "manifest.json").write_text(manifest)
    with pytest.raises(Refused, match="cannot be read; give the release as it was written"):
        checking.check_release(database, made)


def test_an_archive_that_is_a_bomb_or_none_is_refused(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it was unpacked to the disk, whatever it was."""
    monkeypatch.setattr(bounds, "HARMLESS", 1 << 20)
    made = hostile(tmp_path / "out", "x.jsonl")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(made / "manifest.json", "manifest.json")
        archive.writestr("x.jsonl", b" " * (8 << 20))
        archive.writestr("../../up.jsonl", b"x")
    (tmp_path / "none.zip").write_bytes(b"PK\x03\x04 and no more")
    for name, why in (("bomb.zip", "unpacks to far more"), ("none.zip", "is damaged")):
        with pytest.raises(Refused, match=why):
            checking.check_release(database, tmp_path / name)
    assert not list(tmp_path.parent.rglob("up.jsonl"))
