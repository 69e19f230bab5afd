"""A release of one format as a single file, written and read back like any other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.records import Refused
from core.release.options import OnTable, Release, ReleaseOptions
from core.release.row import RowSource
from core.release.split import Split
from core.release.staging import placed, staged
from core.release.writer import write_release


def write_single(
    source: RowSource,
    target: Path,
    options: ReleaseOptions,
    *,
    predicate: Mapping[str, Any] | None = None,
    progress: OnTable = lambda stage, done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Release:
    """Write the rows of the one format to exactly this file, once it has read back row by row as written.

    Raises as `write_release` does, and Refused where the rows are to be split: each side is a file of its own.
    """
    if options.shares.train != 1:
        raise Refused("A split has a file for each side; name a folder instead of one file.")
    target = target.absolute()
    with staged(target) as stage:
        whole = write_release(
            source, stage / "whole", options, predicate=predicate, progress=progress, should_stop=should_stop
        )
        [table] = [file for file in whole.files if file.format and file.split is Split.TRAIN]
        placed(stage / "whole" / table.path, target)
    only = replace(table, path=target.name)
    return Release(target, whole.rows, (only,), whole.counts, whole.notes, table.sha256)
