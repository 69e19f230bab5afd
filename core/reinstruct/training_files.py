"""The training files of the reverse and rewrite models, written from a pool's seeds and reviewed answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from core.corpus.atomic import whole_file
from core.database import Database
from core.pool import tasks
from core.records import StorageFailed
from core.reinstruct.prompts import InstructionPair, ReinstructPrompts, seed_pairs
from core.reinstruct.rows import reversals
from core.reinstruct.training_data import Rewriting, TrainingRow, reverse_rows, rewrite_rows

FORMATS: dict[str, Callable[[TrainingRow], dict[str, Any]]] = {
    "prompt-completion": TrainingRow.as_prompt_completion,
    "messages": TrainingRow.as_messages,
}


@dataclass(frozen=True, slots=True)
class TrainingFile:
    """A written file: which model learns from it, in which format, how many rows."""

    path: str
    model: str
    format: str
    rows: int


def write_training_files(database: Database, pool_id: int, folder: Path) -> list[TrainingFile]:
    """Write `reverse.FORMAT.jsonl` and `rewrite.FORMAT.jsonl` for every format; return what was written.

    The reverse model learns from the seeds turned round and from reviewed (text, instruction) pairs, the rewrite model
    from reviewed answers. Only answers that reviewers found valid, as they stand now, take part.
    """
    prompts = ReinstructPrompts()
    with database.read() as c:
        seeds = seed_pairs(tasks.seeds(c, pool_id))
        rewritings = [Rewriting(*row) for row in reversals.approved(c, pool_id)]
    reviewed = (InstructionPair(one.instruction, one.text) for one in rewritings)
    rows = {
        "reverse": list(reverse_rows(chain(seeds, reviewed), prompts)),
        "rewrite": list(rewrite_rows(rewritings, prompts)),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [
            TrainingFile(_write(folder / f"{model}.{name}.jsonl", map(form, found)), model, name, len(found))
            for model, found in rows.items()
            for name, form in FORMATS.items()
        ]
    except OSError as error:
        raise StorageFailed(f"{folder} cannot be written ({error.strerror}); choose another folder.") from error


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> str:
    with whole_file(path) as stream:
        stream.writelines(json.dumps(row).encode() + b"\n" for row in rows)
    return str(path)
