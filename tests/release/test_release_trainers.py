"""The trainers' files: each refers to a written file of the right format, and the TRL script runs."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from core.database import Database, open_database
from core.evaluation import models
from core.evaluation.importing import What, import_file
from core.pool import pools
from core.records import Turn
from core.release.making import make
from core.release.order import ReleaseOrder
from core.release.predicate import Predicate
from core.release.released import Released
from core.release.split import Shares
from core.release.writer import write_release
from tests.audit.audits import pool_of
from tests.release.release_rows import options, row, rows, source

ROOT = Path(__file__).parents[2]
SPLIT = Shares(0.6, 0.2, 0.2)
KTO = {"system": str, "prompt": str, "completion": str, "label": bool}


def first(path: Path) -> dict[str, object]:
    text = path.read_text(encoding="utf-8")
    return dict(json.loads(text)[0] if path.suffix == ".json" else json.loads(text.splitlines()[0]))


def test_llama_factory_finds_its_files_and_its_columns_in_them(tmp_path: Path) -> None:
    write_release(source(rows(40)), tmp_path / "r", options(shares=SPLIT))
    entries = json.loads((tmp_path / "r/dataset_info.json").read_bytes())
    assert len(entries) == 18 and "kind_numbers_alpaca_train" in entries
    for entry in entries.values():
        record = first(tmp_path / "r" / entry["file_name"])
        assert set(entry["columns"].values()) <= record.keys()
        if entry["formatting"] == "sharegpt":
            turns = record[entry["columns"]["messages"]]
            said = [turn[entry["tags"]["role_tag"]] for turn in turns]  # type: ignore[attr-defined]
            asked, answer = entry["tags"]["user_tag"], entry["tags"]["assistant_tag"]
            assert said == ([asked] if entry.get("ranking") else [asked, answer])
            if entry.get("ranking"):
                assert record["chosen"]["from"] == record["rejected"]["from"] == answer  # type: ignore[index]
            if "kto_tag" in entry["columns"]:
                assert isinstance(record["kto_tag"], bool)
            assert all(entry["tags"]["content_tag"] in turn for turn in turns)  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", ["openai-chat", "trl-messages", "sharegpt", "alpaca"])
def test_axolotl_reads_one_written_format_by_its_fields(tmp_path: Path, form: str) -> None:
    write_release(source(rows(40)), tmp_path / "r", options(form, shares=SPLIT))
    settings = yaml.safe_load((tmp_path / "r/axolotl.yaml").read_text(encoding="utf-8"))
    assert len(settings["datasets"]) == len(settings["test_datasets"]) == 1
    for entry in (*settings["datasets"], *settings["test_datasets"]):
        record = first(tmp_path / "r" / entry["path"])
        if entry["type"] == "alpaca":
            assert record.keys() == {"instruction", "input", "output"}
        else:
            turn = record[entry["field_messages"]][0]  # type: ignore[index]
            assert set(entry["message_property_mappings"].values()) == turn.keys()
    assert settings["train_on_inputs"] is False and settings["num_epochs"] == 2


def test_a_release_without_a_format_for_a_trainer_has_no_file_for_it(tmp_path: Path) -> None:
    write_release(source(rows(12)), tmp_path / "r", options("csv", "parquet"))
    assert not {"dataset_info.json", "axolotl.yaml", "train_trl.py"} & {
        path.name for path in (tmp_path / "r").iterdir()
    }


@pytest.mark.parametrize("form", ["trl-prompt-completion", "trl-messages", "openai-chat"])
def test_the_trl_script_names_the_written_files(tmp_path: Path, form: str) -> None:
    write_release(source(rows(40)), tmp_path / "r", options(form, shares=SPLIT))
    tree = ast.parse((tmp_path / "r/train_trl.py").read_text(encoding="utf-8"))
    named = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "FILES"
    }
    assert named == {"FILES": {"sft": (f"{form}/train.jsonl", f"{form}/validation.jsonl")}}


@pytest.mark.parametrize("form", ["trl-dpo", "llamafactory-ranking"])
def test_axolotl_has_a_configuration_of_its_own_for_pairs(tmp_path: Path, form: str) -> None:
    write_release(source(rows(40)), tmp_path / "r", options(form, "alpaca", shares=SPLIT))
    settings = yaml.safe_load((tmp_path / "r/axolotl-dpo.yaml").read_text(encoding="utf-8"))
    assert settings["rl"] == "dpo" and len(settings["datasets"]) == len(settings["test_datasets"]) == 1
    record = first(tmp_path / "r" / settings["datasets"][0]["path"])
    entry = settings["datasets"][0]
    asked = record[entry["field_messages"]]
    assert set(entry["message_property_mappings"].values()) == asked[0].keys()  # type: ignore[index]
    assert {entry["field_chosen"], entry["field_rejected"]} < record.keys()
    assert "rl" not in yaml.safe_load((tmp_path / "r/axolotl.yaml").read_text(encoding="utf-8"))


def test_axolotl_has_a_configuration_of_its_own_for_good_and_bad_answers(tmp_path: Path) -> None:
    given = [row(n, system="Be kind.", turns=(Turn("user", "?"),) if n == 0 else ()) for n in range(12)]
    release = write_release(source(given), tmp_path / "r", options("axolotl-kto", "csv"))
    settings = yaml.safe_load((tmp_path / "r/axolotl-kto.yaml").read_text(encoding="utf-8"))
    [entry] = settings["datasets"]
    assert settings["rl"] == "kto" and entry["type"] == "chatml.ultra" and settings["remove_unused_columns"] is False
    records = [json.loads(line) for line in (tmp_path / "r" / entry["path"]).read_text(encoding="utf-8").splitlines()]
    # What chatml.ultra reads, and nothing but texts beside the label.
    assert all({name: type(its) for name, its in one.items()} == KTO for one in records)
    assert len(records) == 11 and any("axolotl-kto has 11 records of 12 rows" in note for note in release.notes)


def test_the_trl_script_trains_a_tiny_random_model_on_every_kind_of_file_and_registers_what_it_answers(
    tmp_path: Path,
) -> None:
    pytest.importorskip("trl")
    write_release(
        source(rows(12)), tmp_path / "r", options("trl-prompt-completion", "trl-dpo", "trl-kto", "trl-reward")
    )
    write_release(source(rows(12)), tmp_path / "chat", options("trl-messages"))
    save_tiny_model(tmp_path / "tiny")
    database = open_database(f"sqlite:///{tmp_path}/data/winnow.db")
    released = release_and_set(database, tmp_path)
    # One process for all: what takes time is the import of torch and TRL.
    program = """
import runpy, sys
evaluate = ["--evaluate", "probes", "--name", "tiny on it", "--answer-tokens", "6"]
for folder, method, *more in (
    ("r", "sft"), ("r", "dpo"), ("r", "kto"), ("r", "reward"), ("chat", "sft"), ("learned", "sft", *evaluate)
):
    sys.argv = ["train_trl.py", "--model", "tiny", "--out", f"out-{folder}-{method}", "--method", method]
    sys.argv += ["--steps", "2", "--cpu", "--max-length", "128", "--batch", "2", *more]
    runpy.run_path(f"{folder}/train_trl.py", run_name="__main__")
"""
    own = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | own | {"WINNOW_DATA_DIR": str(tmp_path / "data")},
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr[-2_000:]
    for made in ("r-sft", "r-dpo", "r-kto", "r-reward", "chat-sft", "learned-sft"):
        assert (tmp_path / f"out-{made}/model.safetensors").is_file()
    assert finished.stdout.count("'loss'") >= 6
    [told] = models.answered(database, "probes", "ann")
    learned = (told.model.name, told.model.release_id, told.model.size, told.responses)
    assert learned == ("tiny on it", released.id, released.rows, 2)
    [one] = models.responses_to(database, "probes", models.tasks(database, "probes")[0].id, "ann")
    assert one.run_id is not None, "its requests are in the book, with prompt and sampling"
    database.close()


def release_and_set(database: Database, folder: Path) -> Released:
    """A release of a small pool at `learned`, and a sealed set of two tasks."""
    pool_id = pool_of(database, 4)
    with database.read() as c:
        pool = pools.by_id(c, pool_id)
    everything = Predicate(valid=False, min_grade=None, min_ratings=0)
    released = make(database, pool, ReleaseOrder(("trl-prompt-completion",), everything), folder / "learned")
    tasks = [{"instruction": f"Describe number {n}.", "input": "", "output": "one"} for n in range(2)]
    (folder / "probes.jsonl").write_text("\n".join(map(json.dumps, tasks)))
    import_file(database, "probes", folder / "probes.jsonl", What.SET)
    return released


def save_tiny_model(folder: Path) -> None:
    """Save a random model of two small layers and a byte tokenizer with a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = Tokenizer(models.BPE())
    letters.pre_tokenizer, letters.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    letters.train_from_iterator(
        ["say"], trainers.BpeTrainer(vocab_size=262, special_tokens=["<end>", "<pad>"], initial_alphabet=alphabet)
    )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=letters, eos_token="<end>", pad_token="<pad>")
    tokenizer.chat_template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}<end>{% endfor %}"
    tokenizer.chat_template += "{% if add_generation_prompt %}assistant: {% endif %}"
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=256,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
