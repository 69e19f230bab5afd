"""Ray, where it is installed: the same bytes and decisions as this machine alone, on two nodes, whoever is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core import pools
from core.crews import Call, CallFailed, hired
from core.database import Database
from core.novelty import blocks, gate
from core.pool import tasks
from core.pools.bringing import Wishes, bring_tasks
from core.records import NotFound, Refused
from tests.corpus.test_corpus_selection import EXACT, SCRIPT, outputs, select, unfinished, wait_for, write_corpus
from tests.novelty.corpora import assorted_texts

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
ray = pytest.importorskip("ray", reason="requirements-cluster.txt is not installed")

SETTINGS = replace(EXACT, decisions=True, sample=200, seed=4)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two nodes with one core each, on this machine."""
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    nodes.add_node(num_cpus=1)
    try:
        nodes.wait_for_nodes()
        yield nodes.address
    finally:
        nodes.shutdown()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ray") / "c4"
    write_corpus(folder, shards=4, texts=3000)
    return folder


@pytest.fixture(scope="module")
def local(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("local")
    select(corpus, folder, SETTINGS)
    return outputs(folder)


def test_two_nodes_give_the_same_bytes_as_this_machine_and_a_killed_worker_loses_nothing(
    cluster: str, corpus: Path, local: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", cluster)
    killed: list[int] = []

    def kill_one() -> None:
        wait_for(lambda: unfinished(tmp_path))
        killed.append(int(unfinished(tmp_path)[0].name.split(".")[-2]))  # an unfinished file names its process
        psutil.Process(killed[0]).kill()

    killer = threading.Thread(target=kill_one)
    killer.start()
    selection = select(corpus, tmp_path, SETTINGS, engine="ray")
    killer.join()
    assert killed and not psutil.pid_exists(killed[0])
    assert selection.merged
    assert outputs(tmp_path) == local


def test_the_whole_program_killed_goes_on_where_it_was(
    cluster: str, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", cluster)
    shards = tmp_path / "out" / "shards"
    program = subprocess.Popen([sys.executable, "-c", SCRIPT, str(corpus), str(tmp_path / "out"), "ray"])
    wait_for(lambda: unfinished(tmp_path / "out"))
    program.kill()
    program.wait()
    wait_for(lambda: not any(psutil.pid_exists(int(file.name.split(".")[-2])) for file in unfinished(tmp_path / "out")))
    assert not (tmp_path / "out" / "selected.jsonl").exists()
    done = {marker: marker.stat().st_mtime_ns for marker in shards.glob("*.done.json")}
    select(corpus, tmp_path / "out", replace(EXACT, decisions=True), engine="ray")
    assert all(marker.stat().st_mtime_ns == at for marker, at in done.items()), "finished shards are not read again"
    select(corpus, tmp_path / "whole", replace(EXACT, decisions=True))
    assert outputs(tmp_path / "out") == outputs(tmp_path / "whole")


def test_a_file_passes_the_gate_on_two_nodes_as_it_does_on_this_machine(
    cluster: str, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", cluster)
    monkeypatch.setattr(gate, "SMALL", 0)
    monkeypatch.setattr(blocks, "BLOCK", 70)
    monkeypatch.setattr(blocks, "SLICE", 90)
    texts = [f"Write {text} and say why." for text in assorted_texts(240, seed=9)]
    file = tmp_path / "many.jsonl"
    file.write_text("".join(json.dumps({"instruction": text, "output": "yes"}) + "\n" for text in texts))
    told: list[str] = []
    for name, wishes in (("here", Wishes()), ("there", Wishes(engine="ray", workers=2))):
        bring_tasks(database, name, file, wishes, lambda what, n, of: told.append(what))
    with database.read() as c:
        here, there = (
            [
                (task.instruction, task.state, task.seed_score, task.nearest_score)
                for task in tasks.page(c, pools.named(database, name).id, limit=1000)
            ]
            for name in ("here", "there")
        )
    assert here == there and len({state for _, state, *_ in here}) == 2
    assert "instructions compared" in told
    assert not ray.is_initialized()


def test_a_call_that_fails_again_and_again_is_named_with_why(cluster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", cluster)
    with hired("ray", 2) as crew:
        assert crew is not None
        for key, text in enumerate(("3", "4", "five")):
            crew.call(Call((key,), json.loads, (text,)))
        done = []
        with pytest.raises(CallFailed, match="3 attempts") as failed:
            done += list(crew.results())
        assert failed.value.key == (2,) and "Expecting value" in failed.value.why


def test_a_cluster_that_cannot_be_reached_is_told_before_a_pool_is_made(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "nonsense")
    (tmp_path / "f.jsonl").write_text(json.dumps({"instruction": "Name a river.", "output": "Danube"}) + "\n")
    with pytest.raises(Refused, match="The Ray cluster that RAY_ADDRESS names cannot be reached"):
        bring_tasks(database, "new", tmp_path / "f.jsonl", Wishes(engine="ray", workers=1))
    with pytest.raises(NotFound):
        pools.named(database, "new")


# The last: Ray loses what is shared on one cluster where its program was on another in between.
def test_without_an_address_a_cluster_is_started_here_and_ended_after(
    corpus: Path, local: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    select(corpus, tmp_path, SETTINGS, engine="ray")
    assert outputs(tmp_path) == local
    assert not ray.is_initialized()
