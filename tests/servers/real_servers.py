"""Both methods through real servers, to releases that TRL trains on. Run by `make test-servers`; minutes a server.

The model is the tiny one of `reciter`: what is proven is the whole way, over real HTTP and with real servers' manners,
not that its tasks are good.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.servers import install, lessons, reciter
from tests.servers.serving import Serving, environment, serving

ROOT = Path(__file__).parents[2]
POOL = "recited"
SMALL = [f"--{name.replace('_', '-')}={n}" for name, n in lessons.SMALL.items()]
FORMATS = ("trl-prompt-completion", "trl-messages", "trl-kto", "trl-dpo", "trl-reward", "trl-prompt", "jsonl")
STEPS = 3


@pytest.fixture(scope="session")
def model() -> Path:
    """The trained model; the same lessons and training are not gone through twice."""
    written = b"".join(Path(module.__file__ or "").read_bytes() for module in (lessons, reciter))
    folder = install.HOME / f"reciter-{sha256(written).hexdigest()[:12]}"
    if not (folder / "model.safetensors").is_file():
        reciter.make(folder)
    return folder


@pytest.fixture(scope="session", params=install.SERVERS)
def server(request: pytest.FixtureRequest, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Each server in turn, serving the model; one that could not be installed is skipped by name, with the reason."""
    if why := install.trouble(request.param):
        pytest.skip(f"{request.param}: {why}")
    with serving(request.param, model, tmp_path_factory.mktemp("servers")) as answering:
        yield answering


class Winnow:
    """The command line, in a data folder of its own, with a pool of seeds and corpus texts of the grammar."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._environment = environment(folder / "data", ROOT)
        chance = random.Random("a pool")
        seeds = [
            {
                "instruction": seed.instruction,
                "is_classification": seed.is_classification,
                "instances": [{"input": one.input, "output": one.output} for one in seed.instances],
            }
            for seed in lessons.seeds(12, chance)
        ]
        self("import", "--as", "seeds", POOL, self.file("seeds.jsonl", seeds))
        texts = self.file("texts.jsonl", [{"text": lessons.text(chance)} for _ in range(16)])
        self("corpus", "select", POOL, texts, "--set", "shortest=100", "--duplicates", "keep")

    def file(self, name: str, rows: list[dict[str, Any]]) -> str:
        """A JSON Lines file of these rows."""
        (self.folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return str(self.folder / name)

    def __call__(self, *words: str) -> dict[str, Any]:
        """What a verb prints with --json; it must end well."""
        asked = [sys.executable, "-m", "core", *words, "--json"]
        done = subprocess.run(
            asked, cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout[-2_000:]}\n{done.stderr[-4_000:]}"
        self.said = done.stderr
        return dict(json.loads(done.stdout))


@pytest.fixture(scope="session")
def winnow(server: Serving, tmp_path_factory: pytest.TempPathFactory) -> Winnow:
    return Winnow(tmp_path_factory.mktemp(f"winnow-{server.server}"))


@pytest.mark.parametrize("endpoint", ["completions", "chat"])
def test_the_connection_test_finds_what_each_step_sends_taken(winnow: Winnow, server: Serving, endpoint: str) -> None:
    tried = winnow("models", *server.options, "--endpoint", endpoint)
    assert tried["ok"], tried["sentence"]
    verdicts = {(row["step"], row["parameter"]): row["verdict"] for row in tried["rows"]}
    assert {step for step, _ in verdicts} >= {"instructions", "classification", "instances", "reverse", "rewrite"}
    assert verdicts["instructions", "temperature"] == "taken"
    assert not {"refused", "swallowed"} & {its for (step, _), its in verdicts.items() if step != "by effect"}


@pytest.mark.parametrize("endpoint", ["completions", "chat"])
def test_both_methods_grow_the_pool(winnow: Winnow, server: Serving, endpoint: str) -> None:
    asked = [*server.options, "--endpoint", endpoint, "--yes", "--batches", "1"]
    grown = winnow("generate", POOL, *asked, "--prompts-per-batch", "2", *SMALL)
    assert "Speaking to: The model" in winnow.said and server.url in winnow.said
    assert grown["state"] == "done" and grown["accepted"] >= 5 and grown["completed"] == grown["accepted"]
    assert grown["instances"] >= grown["accepted"], grown
    written = winnow(
        *("corpus", "run", POOL, *asked, "--set", "reverse.temperature=1"),
        *("--set", "texts_per_batch=4", "--set", f"shots={lessons.SHOTS if endpoint == 'chat' else 0}"),
    )
    assert written["state"] == "done" and written["texts"] == 4, written
    assert written["instances"] >= 3, written


def test_what_a_server_refuses_is_left_out_or_shrinks_and_is_told(winnow: Winnow, server: Serving) -> None:
    odd = ["--set", "instructions.top_p=0", "--set", "instructions.temperature=0.7"]
    odd += ["--set", "instructions.max_tokens=5000"]
    done = winnow(
        *("generate", POOL, *server.options, "--endpoint", "completions", "--yes", "--batches", "1", "--new-run"),
        *("--prompts-per-batch", "1", *SMALL, *odd),
    )
    assert done["state"] == "done" and done["candidates"] >= 1, done
    if server.server == "vllm":
        assert "top_p" in done["not_taken"]["instructions"] and "top_p (instructions)" in done["message"]


def test_the_release_is_trained_on_by_every_trainer(winnow: Winnow, server: Serving, model: Path) -> None:
    items = winnow("item", "list", POOL, "--limit", "1000")["instances"]
    assert len(items) >= 12
    ratings = [
        {"instance": one["instance_id"], "reviewer": "ann", "grade": "D" if place % 3 == 0 else "A"}
        for place, one in enumerate(items)
    ]
    assert "left out" not in str(winnow("rating", "import", POOL, winnow.file("ratings.jsonl", ratings)))
    for one in items[:4]:
        edited = f"{one['output']} That is all."
        winnow("item", "edit", str(one["instance_id"]), "--output", edited, "--reviewer", "ann")
        winnow("rating", "give", str(one["instance_id"]), "--grade", "A", "--reviewer", "ann")
    released = winnow.folder / "release"
    winnow("release", "make", POOL, str(released), "--format", *FORMATS)
    assert winnow("release", "verify", str(released))
    # One process for all: what takes time is the import of torch and TRL.
    program = f"""
import runpy, sys
for method in ("sft", "kto", "dpo", "reward"):
    sys.argv = ["train_trl.py", "--model", {str(model)!r}, "--out", f"out-{{method}}", "--method", method]
    sys.argv += ["--steps", "{STEPS}", "--cpu", "--max-length", "256", "--batch", "2"]
    runpy.run_path("release/train_trl.py", run_name="__main__")
"""
    trained = subprocess.run(
        [sys.executable, "-c", program], cwd=winnow.folder, capture_output=True, text=True, check=False,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(winnow.folder / "home")},
    )  # fmt: skip
    assert trained.returncode == 0, trained.stderr[-3_000:]
    for method in ("sft", "kto", "dpo", "reward"):
        assert (winnow.folder / f"out-{method}/model.safetensors").is_file()
    assert trained.stdout.count("'loss'") >= 4 * STEPS, trained.stdout[-3_000:]
