"""A small evaluation set and models that answer it, written as files and brought in like anybody's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.database import Database
from core.evaluation.importing import What, import_file


def write(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def a_set(database: Database, folder: Path, tasks: int = 12, name: str = "small") -> str:
    """A set in the schema of the user-oriented tasks; every third task has no input."""
    rows = [
        {
            "id": f"u{at}",
            "motivation_app": ("Gmail", "Notion", "Excel")[at % 3],
            "instruction": f"Do the evaluated thing number {at}.",
            "instances": [{"input": f"input {at}" if at % 3 else "", "output": f"answer {at} as an expert writes it"}],
        }
        for at in range(tasks)
    ]
    import_file(database, name, write(folder / f"{name}.jsonl", rows), What.SET)
    return name


def answers(database: Database, folder: Path, models: Sequence[str], tasks: int = 12, name: str = "small") -> None:
    """Every model answers every task; its text tells the test, and nobody else, whose it is: by its length."""
    rows = [
        {"model": model, "id": f"u{at}", "response": f"answer {at}" + " indeed" * (which + 1)}
        for which, model in enumerate(models)
        for at in range(tasks)
    ]
    import_file(database, name, write(folder / "responses.jsonl", rows), What.RESPONSES)


def model_of(text: str, models: Sequence[str]) -> str:
    """Whose answer a text is."""
    return models[text.count("indeed") - 1]
