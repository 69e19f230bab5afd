"""manifest.json and SHA256SUMS: what a release promises, so that any byte that changes later is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import orjson

from core.release.options import ReleasedFile, ReleaseOptions
from core.release.survey import Survey

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
LINEAGE = "lineage.jsonl"
CARD = "README.md"
VERSION = 1
PACKAGES = ("orjson", "pyarrow", "pandas", "datasets", "huggingface_hub")


def manifest(
    survey: Survey,
    options: ReleaseOptions,
    predicate: Mapping[str, Any],
    files: Sequence[ReleasedFile],
    notes: Sequence[str],
) -> bytes:
    """Return manifest.json: the rule, the choices, counts, versions, and the hash and size of every other file."""
    chosen = asdict(options)
    created_at = chosen.pop("created_at")
    record: dict[str, Any] = {"winnow_release": VERSION, "title": chosen.pop("title")}
    if created_at is not None:
        record["created_at"] = created_at
    record |= {
        "predicate": dict(predicate),
        "options": chosen,
        "counts": counts(survey),
        "notes": list(notes),
        "versions": versions(),
        "files": [{key: value for key, value in asdict(file).items() if value is not None} for file in files],
    }
    return orjson.dumps(record, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS) + b"\n"


def sums(hashes: Mapping[str, str]) -> bytes:
    """Return SHA256SUMS, readable by `sha256sum -c`, for these paths and hashes."""
    return "".join(f"{hashes[path]}  {path}\n" for path in sorted(hashes)).encode()


def counts(survey: Survey) -> dict[str, int]:
    """Return the counts that card and page show, by their names."""
    kinds = survey.kinds
    return {
        "rows": survey.rows,
        "tasks": survey.tasks,
        "demo rows": survey.demo,
        "rows with an empty input": survey.empty_inputs,
        "rows of classification tasks": kinds.get(True, 0),
        "rows of other tasks": kinds.get(False, 0),
        **({"rows of tasks of unknown kind": kinds[None]} if None in kinds else {}),
        **{f"rows from {origin}": survey.origins[origin] for origin in sorted(survey.origins)},
        **{f"rows for {split}": survey.rows_of_side[split] for split in survey.rows_of_side},
    }


def versions() -> dict[str, str]:
    """Return the versions of the packages that wrote and checked the files; one that is not installed is left out."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
