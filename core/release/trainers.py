"""The files that trainers ask for beside the rows: each refers to a file that was written, in a format it reads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from core.release.split import Split

TrainerTables = Mapping[tuple[str, Split], str]
"""The path of every written table by format and split."""

TRL_SCRIPT = Path(__file__).with_name("recipes") / "train_trl.py"

_ROLE_TAGS = {
    "role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant",
    "system_tag": "system", "observation_tag": "tool",
}  # fmt: skip
_SHAREGPT_TAGS = {
    "role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt", "system_tag": "system",
}  # fmt: skip
LLAMA_FACTORY: Mapping[str, dict[str, Any]] = {
    "alpaca": {
        "formatting": "alpaca",
        "columns": {"prompt": "instruction", "query": "input", "response": "output"},
    },
    "sharegpt": {"formatting": "sharegpt", "columns": {"messages": "conversations"}, "tags": _SHAREGPT_TAGS},
    "openai-chat": {"formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": _ROLE_TAGS},
    "trl-messages": {"formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": _ROLE_TAGS},
    "llamafactory-ranking": {
        "formatting": "sharegpt",
        "ranking": True,
        "columns": {"messages": "conversations", "chosen": "chosen", "rejected": "rejected"},
        "tags": _SHAREGPT_TAGS,
    },
    "llamafactory-kto": {
        "formatting": "sharegpt",
        "columns": {"messages": "conversations", "kto_tag": "kto_tag"},
        "tags": _SHAREGPT_TAGS,
    },
}
_ROLES = {"user": ["human"], "assistant": ["gpt"], "system": ["system"], "tool": ["observation"]}
_MESSAGES = {
    "type": "chat_template",
    "field_messages": "messages",
    "message_property_mappings": {"role": "role", "content": "content"},
}
# In the order of preference: one file of one format, or the rows would be learned more than once.
AXOLOTL: Mapping[str, dict[str, Any]] = {
    "openai-chat": _MESSAGES,
    "trl-messages": _MESSAGES,
    "sharegpt": {
        "type": "chat_template",
        "field_messages": "conversations",
        "message_property_mappings": {"role": "from", "content": "value"},
        "roles": _ROLES,
    },
    "alpaca": {"type": "alpaca"},
}
# What learns from pairs has a configuration of its own: one run of Axolotl has one objective.
AXOLOTL_DPO: Mapping[str, dict[str, Any]] = {
    "trl-dpo": {
        "type": "chat_template.default",
        "field_messages": "prompt",
        "field_chosen": "chosen",
        "field_rejected": "rejected",
        "message_property_mappings": {"role": "role", "content": "content"},
    },
    "llamafactory-ranking": {
        "type": "chat_template.default",
        "field_messages": "conversations",
        "field_chosen": "chosen",
        "field_rejected": "rejected",
        "message_property_mappings": {"role": "from", "content": "value"},
        "roles": _ROLES,
    },
}
# ChatML's marks; for a model with those of Llama 3 the same is called llama3.ultra.
AXOLOTL_KTO: Mapping[str, dict[str, Any]] = {"axolotl-kto": {"type": "chatml.ultra"}}
# What the TRL script trains by each method, in the order of preference.
TRL: Mapping[str, tuple[str, ...]] = {
    "sft": ("trl-prompt-completion", "trl-messages", "openai-chat"),
    "dpo": ("trl-dpo",),
    "kto": ("trl-kto",),
    "reward": ("trl-reward",),
}


TRAINERS = ("dataset_info.json", "axolotl.yaml", "axolotl-dpo.yaml", "axolotl-kto.yaml", "train_trl.py")


def trainer_files(title: str, tables: TrainerTables) -> dict[str, str]:
    """Return the text of every trainer's file that the written tables can serve, by file name."""
    makers: dict[str, Callable[[str, TrainerTables], str | None]] = {
        "dataset_info.json": dataset_info,
        "axolotl.yaml": axolotl,
        "axolotl-dpo.yaml": axolotl_dpo,
        "axolotl-kto.yaml": axolotl_kto,
        "train_trl.py": trl_script,
    }
    made = {name: make(title, tables) for name, make in makers.items()}
    return {name: text for name, text in made.items() if text is not None}


def dataset_info(title: str, tables: TrainerTables) -> str | None:
    """Return LLaMA-Factory's dataset_info.json; its `dataset_dir` is the release. None where no table fits."""
    entries = {
        f"{_slug(title)}_{form}_{split}".replace("-", "_"): {"file_name": path, **LLAMA_FACTORY[form]}
        for (form, split), path in tables.items()
        if form in LLAMA_FACTORY
    }
    return json.dumps(entries, indent=2) + "\n" if entries else None


def axolotl(title: str, tables: TrainerTables) -> str | None:
    """Return an Axolotl configuration, to be run inside the release; None where no table fits."""
    return _axolotl("axolotl.yaml", AXOLOTL, tables, {})


def axolotl_dpo(title: str, tables: TrainerTables) -> str | None:
    """Return an Axolotl configuration that learns from pairs; None where the release has none."""
    return _axolotl("axolotl-dpo.yaml", AXOLOTL_DPO, tables, {"rl": "dpo"})


def axolotl_kto(title: str, tables: TrainerTables) -> str | None:
    """Return an Axolotl configuration that learns from good and bad answers; None where the release has none."""
    objective = {"rl": "kto", "remove_unused_columns": False, "chat_template": "chatml"}
    return _axolotl("axolotl-kto.yaml", AXOLOTL_KTO, tables, objective)


def _axolotl(
    name: str, stanzas: Mapping[str, dict[str, Any]], tables: TrainerTables, objective: Mapping[str, Any]
) -> str | None:
    import yaml  # type: ignore[import-untyped, unused-ignore]

    form = next((form for form in stanzas if (form, Split.TRAIN) in tables), None)
    if form is None:
        return None
    settings: dict[str, Any] = {
        "base_model": "CHOOSE-A-MODEL",
        **objective,
        "datasets": [_stanza(stanzas[form], tables[form, Split.TRAIN])],
        "val_set_size": 0.0,
    }
    if objective:
        settings["datasets"][0]["split"] = "train"
    if (form, Split.VALIDATION) in tables:
        settings["test_datasets"] = [{**_stanza(stanzas[form], tables[form, Split.VALIDATION]), "split": "train"}]
    if stanzas[form]["type"].startswith("chat_template"):
        settings["chat_template"] = "tokenizer_default_fallback_chatml"
    settings |= {
        "train_on_inputs": False,
        "num_epochs": 2,
        "sequence_len": 2048,
        "micro_batch_size": 2,
        "gradient_accumulation_steps": 8,
        "optimizer": "adamw_torch",
        "lr_scheduler": "cosine",
        "learning_rate": 2e-5,
        "output_dir": "./axolotl-out",
    }
    marks = "# The data's marks are ChatML's; for a model of the Llama 3 family write llama3.ultra and llama3.\n"
    head = f"# Run inside this folder: axolotl train {name}\n# Put a model's name in base_model first.\n"
    head += marks if stanzas is AXOLOTL_KTO else ""
    return head + str(yaml.safe_dump(settings, sort_keys=False))


def trl_script(title: str, tables: TrainerTables) -> str | None:
    """Return a Python script that fine-tunes a model on the release with TRL; None where no table fits."""
    files = {
        method: (tables[form, Split.TRAIN], tables.get((form, Split.VALIDATION), ""))
        for method, forms in TRL.items()
        for form in forms[::-1]
        if (form, Split.TRAIN) in tables
    }
    if not files:
        return None
    lines = "".join(f"    {json.dumps(method)}: {_python(paths)},\n" for method, paths in files.items())
    script = TRL_SCRIPT.read_text(encoding="utf-8")
    script, found = re.subn(
        r"^FILES = {\n(?:    .*\n)*}$", lambda _: f"FILES = {{\n{lines}}}", script, flags=re.MULTILINE
    )
    if found != 1:
        raise ValueError(f"the TRL recipe has {found} places that name its files")
    return script


def _python(paths: tuple[str, str]) -> str:
    return f"({', '.join(map(json.dumps, paths))})"


def _stanza(fields: Mapping[str, Any], path: str) -> dict[str, Any]:
    return {"path": path, "ds_type": "json", **deepcopy(dict(fields))}


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_") or "release"
