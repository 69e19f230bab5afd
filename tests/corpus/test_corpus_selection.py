"""A whole corpus selected: counts, files, duplicates, samples, and what is left after a kill."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.corpus.engine import ShardFailed
from core.corpus.job import Duplicates, SelectionSettings
from core.corpus.rules import RULE_IDS
from core.corpus.select_settings import PRESETS
from core.corpus.selection import CorpusSelection, SelectionProgress, select_corpus
from core.corpus.verbs import own_verbs
from tests.corpus.plain_reading import plain_failures

# Near-duplicates have a test of their own; elsewhere they would only cost time.
EXACT = SelectionSettings(duplicates=Duplicates.EXACT)
WORDS = ["soup", "bread", "carrot", "onion", "water", "salt", "oven", "spoon", "kettle", "garden", "basket", "lemon"]
STARTS = ["wash", "peel", "slice", "heat", "stir", "pour", "serve", "cool", "grate", "drain", "the", "a"]


def some_text(chance: random.Random) -> str:
    """A text that passes in about one case of four, and else fails one rule or several."""
    lines = [" ".join(chance.choices(WORDS, k=20))]
    for start in chance.sample(STARTS, chance.choice([3, 5, 5, 5, 6])):
        lines.append(f"{start} " + " ".join(chance.choices(WORDS, k=chance.choice([20, 45, 45, 60]))))
    text = "\n".join(lines)
    for flaw in (" & ", " we our my ", "?? ", " OK OK 2020 ", "\n\n\n"):
        if chance.random() < 0.12:
            text = text.replace(" ", flaw, 1)
    return text


def write_corpus(folder: Path, shards: int, texts: int) -> list[list[str]]:
    """Write shards of texts, some of them twice; return the texts by shard."""
    chance = random.Random(shards * 1000 + texts)
    folder.mkdir()
    corpus: list[list[str]] = []
    for shard in range(shards):
        corpus.append([some_text(chance) for _ in range(texts)])
        if shard:
            corpus[shard][0] = corpus[0][1]
        lines = [json.dumps({"text": text, "url": f"https://example.org/{shard}"}) for text in corpus[shard]]
        with gzip.open(folder / f"c4-train.{shard:05}.json.gz", "wt", encoding="utf-8") as stream:
            stream.write("\n".join(lines) + "\n")
    return corpus


def entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def outputs(folder: Path) -> dict[str, bytes]:
    """The result's files and those of the shards, by name."""
    files = [*folder.glob("*.json*"), *folder.glob("shards/*")]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files if not file.name.startswith("job-")}


def select(corpus: Path, folder: Path, settings: SelectionSettings | None = None, **how: Any) -> CorpusSelection:
    return select_corpus([str(corpus)], folder, settings or EXACT, **{"workers": 2, **how})


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus") / "c4"
    write_corpus(folder, shards=5, texts=200)
    return folder


@pytest.mark.parametrize("preset", PRESETS)
def test_counts_decisions_and_texts_are_those_of_a_plain_reading(tmp_path: Path, preset: str) -> None:
    texts = write_corpus(tmp_path / "c4", shards=3, texts=150)
    rules = PRESETS[preset]
    settings = SelectionSettings(rules, decisions=True, duplicates=Duplicates.KEEP)
    selection = select(tmp_path / "c4", tmp_path / "out", settings)
    verbs = own_verbs()
    plain = [
        [plain_failures(text, set(verbs.base), set(verbs.ing), rules.capitals_as_released) for text in shard]
        for shard in texts
    ]
    assert [decision["rules"] for decision in entries(tmp_path / "out" / "decisions.jsonl")] == list(chain(*plain))
    kept = [(shard, line) for shard, rows in enumerate(plain) for line, failed in enumerate(rows) if not failed]
    assert 30 < len(kept) < 300
    selected = entries(tmp_path / "out" / "selected.jsonl")
    assert [(entry["source"], entry["line"], entry["text"]) for entry in selected] == [
        (str(tmp_path / "c4" / f"c4-train.{shard:05}.json.gz"), line + 1, texts[shard][line]) for shard, line in kept
    ]
    failures = [failed for rows in plain for failed in rows if failed]
    funnel = selection.funnel
    assert funnel.texts == 450 and funnel.kept == len(kept)
    assert funnel.first == Counter(failed[0] for failed in failures)
    assert funnel.alone == Counter(failed[0] for failed in failures if len(failed) == 1)
    assert funnel.each == Counter(rule for failed in failures for rule in failed)
    assert [left for _, left in funnel.survivors()][-1] == len(kept)
    assert list(selection.to_json()["failed_first"]) == list(RULE_IDS)


def test_without_decisions_the_counts_and_texts_are_the_same(corpus: Path, tmp_path: Path) -> None:
    quick = select(corpus, tmp_path / "quick")
    whole = select(corpus, tmp_path / "whole", replace(EXACT, decisions=True))
    assert replace(whole.funnel, each=None) == quick.funnel
    for name in ("selected.jsonl", "misses.jsonl", "unread.jsonl"):
        assert (tmp_path / "quick" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert not (tmp_path / "quick" / "decisions.jsonl").exists()


def test_the_number_of_workers_changes_no_byte(corpus: Path, tmp_path: Path) -> None:
    settings = SelectionSettings(decisions=True, sample=40, seed=3)
    one = select(corpus, tmp_path / "one", settings, workers=1)
    three = select(corpus, tmp_path / "three", settings, workers=3)
    assert outputs(tmp_path / "one") == outputs(tmp_path / "three")
    assert one.merged == three.merged


def test_texts_that_failed_one_rule_alone_are_drawn_by_seed(corpus: Path, tmp_path: Path) -> None:
    settings = replace(EXACT, near_misses=3, seed=1)
    selection = select(corpus, tmp_path / "out", settings)
    misses = entries(tmp_path / "out" / "misses.jsonl")
    assert Counter(miss["rule"] for miss in misses) == {r: min(3, n) for r, n in selection.funnel.alone.items()}
    verbs = own_verbs()
    for miss in misses:
        assert plain_failures(miss["text"], set(verbs.base), set(verbs.ing), False) == [miss["rule"]]
    select(corpus, tmp_path / "other", replace(settings, seed=2))
    assert entries(tmp_path / "other" / "misses.jsonl") != misses


def test_a_sample_depends_on_the_seed_and_not_on_where_the_files_lie(corpus: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    for file in corpus.iterdir():
        (moved / file.name).write_bytes(file.read_bytes())

    def drawn(place: Path, seed: int, size: int = 30) -> list[str]:
        folder = tmp_path / f"{place.name}-{seed}-{size}"
        select(place, folder, replace(EXACT, sample=size, seed=seed))
        return [entry["hash"] for entry in entries(folder / "selected.jsonl")]

    first = drawn(corpus, 1)
    assert len(set(first)) == 30
    assert drawn(moved, 1) == first
    assert drawn(corpus, 2) != first
    assert set(first) < set(drawn(corpus, 1, size=31)), "a larger sample adds to a smaller one"
    everything = drawn(corpus, 1, size=10_000)
    assert [text for text in everything if text in set(first)] == first, "in the order of the corpus"


def test_repeated_texts_are_dropped_across_shards_and_traced(tmp_path: Path) -> None:
    chance = random.Random(5)
    originals = [
        "soup for six\n" + "\n".join(f"{start} " + " ".join(chance.choices(WORDS, k=45)) for start in STARTS[:5])
        for _ in range(3)
    ]
    nearly = originals[1].replace("lemon", "lime", 1)
    unlike = originals[1].replace("lemon", "lime").replace("soup", "stew").replace("salt", "pepper")
    (tmp_path / "c").mkdir()
    for name, texts in {"a": originals, "b": [originals[0], nearly, unlike, nearly]}.items():
        lines = [json.dumps({"text": text}) for text in texts]
        (tmp_path / "c" / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")

    def selected(duplicates: Duplicates) -> list[str]:
        selection = select(tmp_path / "c", tmp_path / "out", SelectionSettings(decisions=True, duplicates=duplicates))
        assert selection.funnel.kept == 7 and selection.merged
        counts[duplicates] = (selection.merged.exact_duplicates, selection.merged.near_duplicates)
        return [entry["text"] for entry in entries(tmp_path / "out" / "selected.jsonl")]

    counts: dict[Duplicates, tuple[int, int]] = {}
    assert selected(Duplicates.KEEP) == [*originals, originals[0], nearly, unlike, nearly]
    assert selected(Duplicates.EXACT) == [*originals, nearly, unlike]
    assert selected(Duplicates.NEAR) == [*originals, unlike]
    assert counts == {Duplicates.KEEP: (0, 0), Duplicates.EXACT: (2, 0), Duplicates.NEAR: (2, 1)}
    decisions = entries(tmp_path / "out" / "decisions.jsonl")
    assert [decision["kept"] for decision in decisions] == [True] * 7, "a duplicate passed the rules all the same"
    repeats = [decision.get("repeats") for decision in decisions]
    source = str(tmp_path / "c" / "a.jsonl")
    first, second = {"source": source, "line": 1}, {"source": source, "line": 2}
    assert repeats == [None, None, None, first, second, None, second]


def test_what_cannot_be_read_is_listed_and_the_rest_kept(corpus: Path, tmp_path: Path) -> None:
    broken = tmp_path / "c"
    broken.mkdir()
    whole = next(corpus.glob("*00000*")).read_bytes()
    (broken / "a.json.gz").write_bytes(whole[: len(whole) // 2])
    (broken / "b.jsonl").write_bytes(b'{"text": "\xff"}\n{}\n{"text": "x"}\n')
    (broken / "c.jsonl").touch()
    selection = select(broken, tmp_path / "out")
    unread = [(Path(entry["source"]).name, entry["line"]) for entry in entries(tmp_path / "out" / "unread.jsonl")]
    assert unread == [("a.json.gz", selection.funnel.texts), ("b.jsonl", 1), ("b.jsonl", 2), ("c.jsonl", 0)]
    assert selection.funnel.unread == 4 and selection.funnel.texts > 50 and selection.funnel.kept > 5


def test_a_corpus_of_which_nothing_is_kept_gives_an_empty_selection(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "short"}\n', encoding="utf-8")
    selection = select(tmp_path / "a.jsonl", tmp_path / "out", replace(EXACT, sample=5))
    assert selection.to_json()["selected"] == 0
    assert (tmp_path / "out" / "selected.jsonl").read_bytes() == b""


def test_a_second_selection_reads_only_what_changed(corpus: Path, tmp_path: Path) -> None:
    place = tmp_path / "c4"
    place.mkdir()
    for file in corpus.iterdir():
        (place / file.name).write_bytes(file.read_bytes())
    seen: list[SelectionProgress] = []
    select(place, tmp_path / "out")

    def times() -> dict[str, int]:
        return {marker.name: marker.stat().st_mtime_ns for marker in (tmp_path / "out" / "shards").glob("*.done.json")}

    before = times()
    select(place, tmp_path / "out", replace(EXACT, sample=3), progress=seen.append)
    assert seen == [] and times() == before, "a sample reads nothing again"
    (place / "c4-train.00002.json.gz").write_bytes((place / "c4-train.00003.json.gz").read_bytes())
    select(place, tmp_path / "out", progress=seen.append)
    assert [name for name, at in times().items() if at != before[name]] == ["000002.done.json"]
    assert [(progress.shards_done, progress.shards) for progress in seen] == [(4, 5), (5, 5)]
    strict = replace(EXACT, rules=replace(PRESETS["mended"], shortest=2000))
    assert select(place, tmp_path / "out", strict).funnel.kept < seen[-1].funnel.kept
    assert all(at != before[name] for name, at in times().items())


def test_stopping_keeps_what_is_done_and_going_on_gives_the_same(corpus: Path, tmp_path: Path) -> None:
    select(corpus, tmp_path / "whole")
    done: list[SelectionProgress] = []
    halted = select(
        corpus, tmp_path / "out", workers=1, progress=done.append, stop=lambda: bool(done and done[-1].shards_done >= 2)
    )
    assert halted.merged is None and halted.to_json()["complete"] is False
    assert 2 <= done[-1].shards_done < 5
    assert not (tmp_path / "out" / "selected.jsonl").exists()
    select(corpus, tmp_path / "out")
    assert outputs(tmp_path / "out") == outputs(tmp_path / "whole")


@pytest.fixture(scope="module")
def slow_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shards that take a good part of a second each, so that a kill falls into the middle of one."""
    folder = tmp_path_factory.mktemp("slow") / "c4"
    texts = write_corpus(folder, shards=4, texts=50)
    for number, shard in enumerate(texts):
        lines = [json.dumps({"text": f"{text}{'.' * repeat}"}) for repeat in range(160) for text in shard]
        (folder / f"c4-train.{number:05}.json.gz").write_bytes(gzip.compress("\n".join(lines).encode(), 1))
    return folder


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    """The workers that live; one that dies while it is looked at is none."""
    found = []
    for child in process.children():
        with suppress(psutil.NoSuchProcess):  # a zombie is one too
            if "core.corpus.worker" in child.cmdline():
                found.append(child)
    return found


def unfinished(folder: Path) -> list[Path]:
    """Files that a worker is writing to, as far as they are still there when looked at."""
    found = []
    for file in folder.glob("shards/*.unfinished"):
        with suppress(FileNotFoundError):
            found += [file] * (file.stat().st_size > 0)
    return found


def wait_for(happened: Any, seconds: float = 180) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.01)


KEEPING = replace(EXACT, decisions=True)


@pytest.fixture(scope="module")
def undisturbed(slow_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("undisturbed")
    select(slow_corpus, folder, KEEPING)
    return outputs(folder)


def test_a_worker_killed_in_the_middle_of_a_shard_loses_nothing(
    slow_corpus: Path, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    killed: list[int] = []

    def kill_one() -> None:
        wait_for(lambda: unfinished(tmp_path / "out"))
        victim = workers_of(psutil.Process())[0]
        os.kill(victim.pid, signal.SIGKILL)
        killed.append(victim.pid)

    killer = threading.Thread(target=kill_one)
    killer.start()
    selection = select(slow_corpus, tmp_path / "out", KEEPING)
    killer.join()
    assert killed and selection.merged
    assert outputs(tmp_path / "out") == undisturbed


def test_a_shard_that_kills_every_worker_ends_the_selection_with_what_to_do(
    slow_corpus: Path, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    over = threading.Event()

    def kill_all() -> None:
        while not over.wait(0.02):
            for victim in workers_of(psutil.Process()):
                victim.kill()

    killer = threading.Thread(target=kill_all)
    killer.start()
    try:
        with pytest.raises(ShardFailed, match=r"c4-train.*3 attempts \(its worker ended with signal 9\).*start again"):
            select(slow_corpus, tmp_path / "out", KEEPING)
    finally:
        over.set()
        killer.join()
    assert workers_of(psutil.Process()) == [], "no worker is left behind"
    select(slow_corpus, tmp_path / "out", KEEPING)
    assert outputs(tmp_path / "out") == undisturbed


SCRIPT = """
import sys
from pathlib import Path
from core.corpus.selection import select_corpus
from core.corpus.job import Duplicates, SelectionSettings
settings = SelectionSettings(duplicates=Duplicates.EXACT, decisions=True)
select_corpus([sys.argv[1]], Path(sys.argv[2]), settings, workers=2, engine=sys.argv[3])
"""


@pytest.fixture
def program(slow_corpus: Path, tmp_path: Path) -> Iterator[psutil.Process]:
    child = subprocess.Popen([sys.executable, "-c", SCRIPT, str(slow_corpus), str(tmp_path / "out"), "local"])
    yield psutil.Process(child.pid)
    child.kill()
    child.wait()


def test_the_whole_program_killed_goes_on_where_it_was(
    slow_corpus: Path, tmp_path: Path, program: psutil.Process, undisturbed: dict[str, bytes]
) -> None:
    shards = tmp_path / "out" / "shards"
    wait_for(lambda: list(shards.glob("*.done.json")) and unfinished(tmp_path / "out"))
    crew = workers_of(program)
    program.kill()
    wait_for(lambda: not any(worker.is_running() and worker.status() != "zombie" for worker in crew))
    done = {marker: marker.stat().st_mtime_ns for marker in shards.glob("*.done.json")}
    assert 0 < len(done) < 4 and not (tmp_path / "out" / "selected.jsonl").exists()
    select(slow_corpus, tmp_path / "out", KEEPING)
    assert all(marker.stat().st_mtime_ns == at for marker, at in done.items()), "finished shards are not read again"
    assert outputs(tmp_path / "out") == undisturbed
    assert unfinished(tmp_path / "out") == []
