"""The Ray engine, where Ray is installed: the same bytes as the local one, on two nodes, whoever is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.corpus.test_corpus_selection import EXACT, SCRIPT, outputs, select, unfinished, wait_for, write_corpus

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


def test_without_an_address_a_cluster_is_started_here_and_ended_after(
    corpus: Path, local: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    select(corpus, tmp_path, SETTINGS, engine="ray")
    assert outputs(tmp_path) == local
    assert not ray.is_initialized()
