"""The files that trainers ask for beside the rows: each refers to a file that was written, in a format it reads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from core.release.split import Split

Tables = Mapping[tuple[str, Split], str]
"""The path of every written table by format and split."""

TRL_SCRIPT = Path(__file__).with_name("recipes") / "train_trl.py"

_ROLE_TAGS = {
    "role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant",
    "system_tag": "system",
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
}
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
        "roles": {"user": ["human"], "assistant": ["gpt"]},
    },
    "alpaca": {"type": "alpaca"},
}
TRL = ("trl-prompt-completion", "trl-messages", "openai-chat")


def trainer_files(title: str, tables: Tables) -> dict[str, str]:
    """Return the text of every trainer's file that the written tables can serve, by file name."""
    makers: dict[str, Callable[[str, Tables], str | None]] = {
        "dataset_info.json": dataset_info,
        "axolotl.yaml": axolotl,
        "train_trl.py": trl_script,
    }
    made = {name: make(title, tables) for name, make in makers.items()}
    return {name: text for name, text in made.items() if text is not None}


def dataset_info(title: str, tables: Tables) -> str | None:
    """Return LLaMA-Factory's dataset_info.json; its `dataset_dir` is the release. None where no table fits."""
    entries = {
        f"{_slug(title)}_{form}_{split}".replace("-", "_"): {"file_name": path, **LLAMA_FACTORY[form]}
        for (form, split), path in tables.items()
        if form in LLAMA_FACTORY
    }
    return json.dumps(entries, indent=2) + "\n" if entries else None


def axolotl(title: str, tables: Tables) -> str | None:
    """Return an Axolotl configuration, to be run inside the release; None where no table fits."""
    import yaml  # type: ignore[import-untyped, unused-ignore]

    form = next((form for form in AXOLOTL if (form, Split.TRAIN) in tables), None)
    if form is None:
        return None
    settings: dict[str, Any] = {
        "base_model": "CHOOSE-A-MODEL",
        "datasets": [_axolotl_entry(form, tables[form, Split.TRAIN])],
        "val_set_size": 0.0,
    }
    if (form, Split.VALIDATION) in tables:
        settings["test_datasets"] = [{**_axolotl_entry(form, tables[form, Split.VALIDATION]), "split": "train"}]
    if AXOLOTL[form]["type"] == "chat_template":
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
    head = "# Run inside this folder: axolotl train axolotl.yaml\n# Put a model's name in base_model first.\n"
    return head + str(yaml.safe_dump(settings, sort_keys=False))


def trl_script(title: str, tables: Tables) -> str | None:
    """Return a Python script that fine-tunes a model on the release with TRL; None where no table fits."""
    form = next((form for form in TRL if (form, Split.TRAIN) in tables), None)
    if form is None:
        return None
    script = TRL_SCRIPT.read_text(encoding="utf-8")
    for name, split in (("TRAIN", Split.TRAIN), ("VALIDATION", Split.VALIDATION)):
        script, found = re.subn(
            rf'^{name} = ".*"$', f"{name} = {json.dumps(tables.get((form, split), ''))}", script, flags=re.MULTILINE
        )
        if found != 1:
            raise ValueError(f"the TRL recipe has {found} lines that set {name}")
    return script


def _axolotl_entry(form: str, path: str) -> dict[str, Any]:
    return {"path": path, "ds_type": "json", **deepcopy(AXOLOTL[form])}


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_") or "release"
