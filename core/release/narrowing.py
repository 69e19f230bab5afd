"""A release with some of its formats: a folder of its own whose card, trainer files and hashes fit what is in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from core.records import Refused
from core.release.card import renewed
from core.release.croissant import CROISSANT, without_files
from core.release.formats import chosen
from core.release.manifest import CARD, MANIFEST, SUMS, sums
from core.release.split import Split
from core.release.trainers import TRAINERS, TrainerTables, trainer_files


def formats_in(release: Path) -> list[str]:
    """The formats that a written release holds, in the order in which they stand in its manifest."""
    files = json.loads((release / MANIFEST).read_bytes())["files"]
    return list(dict.fromkeys(file["format"] for file in files if file.get("format")))


def narrowed(release: Path, formats: Iterable[str], target: Path) -> None:
    """Write the release with these formats alone to `target`, an empty folder; it can be checked like any other.

    Rows, lineage and notes stay what they are; its manifest names the hash of the one that it was taken from. The same
    release and formats give the same bytes. Raises Refused for a format that the release does not hold.
    """
    original = (release / MANIFEST).read_bytes()
    manifest = json.loads(original)
    wanted = _wanted(release, manifest, formats)
    gone = {file["path"] for file in manifest["files"] if file.get("format") and file["format"] not in wanted}
    kept = [file for file in manifest["files"] if file["path"] not in {*gone, CARD, CROISSANT, *TRAINERS}]
    for file in kept:
        (target / file["path"]).parent.mkdir(parents=True, exist_ok=True)
        _same(release / file["path"], target / file["path"])
    tables = {(file["format"], Split(file["split"])): file["path"] for file in kept if file.get("format")}
    for name, text in _texts(release, manifest, tables, gone).items():
        (target / name).write_bytes(text.encode())
        kept.append({"path": name, "bytes": len(text.encode()), "sha256": sha256(text.encode()).hexdigest()})
    whole = {
        **manifest,
        "taken_from": sha256(original).hexdigest(),
        "options": {
            **manifest["options"],
            "formats": [name for name in manifest["options"]["formats"] if name in wanted],
        },
        "files": kept,
    }
    promised = json.dumps(whole, indent=2, ensure_ascii=False).encode() + b"\n"
    (target / MANIFEST).write_bytes(promised)
    hashes = {file["path"]: file["sha256"] for file in kept} | {MANIFEST: sha256(promised).hexdigest()}
    (target / SUMS).write_bytes(sums(hashes))


def _wanted(release: Path, manifest: Mapping[str, Any], formats: Iterable[str]) -> set[str]:
    wanted = {form.name for form in chosen(formats)}
    missing = sorted(wanted - {file.get("format") for file in manifest["files"]})
    if missing:
        raise Refused(f"{release.name} has no {missing[0]}; it holds {', '.join(formats_in(release))}.")
    return wanted


def _texts(release: Path, manifest: Mapping[str, Any], tables: TrainerTables, gone: set[str]) -> dict[str, str]:
    """The card, croissant.json and the files for trainers, as they are for the tables that are left."""
    made = trainer_files(manifest["title"], tables)
    dropped = gone | {
        file["path"] for file in manifest["files"] if file["path"] in TRAINERS and file["path"] not in made
    }
    texts = {CARD: renewed((release / CARD).read_text(encoding="utf-8"), tables), **made}
    changed = {name: text.encode() for name, text in texts.items()}
    if (release / CROISSANT).is_file():  # releases that were written before there was one
        said = (release / CROISSANT).read_text(encoding="utf-8")
        texts[CROISSANT] = without_files(said, dropped, changed)
    return texts


def _same(source: Path, target: Path) -> None:
    """Put a file there without another copy on the disk, where the disk can."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
