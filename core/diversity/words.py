"""A selection in words, for captions and for names of files."""

from __future__ import annotations

from core.diversity.selection import STATES, TaskSelection

ORIGINS = {
    "": "all but the seeds",
    "self-instruct": "Self-Instruct",
    "reinstruct": "REInstruct",
    "import": "imported",
    "seed": "the seeds themselves",
}


def in_words(wanted: TaskSelection) -> str:
    """What is looked at, in one line."""
    parts = [ORIGINS[wanted.origin], STATES[wanted.state]]
    if wanted.release_id is not None:
        parts = [*([ORIGINS[wanted.origin]] if wanted.origin else []), f"what release {wanted.release_id} held"]
    if wanted.run_id is not None:
        parts.append(f"run {wanted.run_id}")
    if wanted.is_classification is not None:
        parts.append("classification tasks" if wanted.is_classification else "other than classification tasks")
    return ", ".join(parts)
