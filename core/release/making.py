"""Making a release of a pool: select, write, read back, record. One moment of the database from first to last."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.actor import acting
from core.audit import headline
from core.database import Database
from core.evaluation import checking
from core.records import Pool, Refused
from core.release.answers import WHOLE, whole
from core.release.card import card
from core.release.estimate import audit_lines, pool_audit
from core.release.formats import Needs, chosen
from core.release.options import OnTable, Release, ReleaseOptions
from core.release.order import ReleaseOrder
from core.release.reasons import IN_WORDS, Reason
from core.release.released import Released
from core.release.roll import Roll, stored
from core.release.row import RowSource
from core.release.rows import releases
from core.release.selection import ReleaseSelection, select
from core.release.single import write_single
from core.release.source import sentences, source
from core.release.split import Split
from core.release.survey import surveyed
from core.release.writer import write_release
from core.words import number_of

FOLDER = "releases"
_CLOSED = (
    "An audit of this pool is finished; who wrote this release was still judging it, so that its figures are not here."
)
SUFFIXES = (".jsonl", ".json", ".csv", ".parquet")


def make(
    database: Database,
    pool: Pool,
    order: ReleaseOrder,
    target: Path,
    *,
    actor: str = "",
    reader: str = "",
    known_as: str = "",
    progress: OnTable = lambda stage, done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Released:
    """Write what the order's rule admits now to `target`, record it and return the record.

    `target` is a folder, an archive where it ends in .zip, or one file where it ends like the one format ordered. The
    same order on the same state of the pool gives the same bytes. `known_as` is what the record calls a target that
    will not stay where it is written. Raises Refused (nothing to release, the target is
    there), ReleaseFailed and ReleaseStopped; after each of them nothing is on disk and nothing is recorded.

    The card has the latest finished audit's figures, and its `reader` (the `actor`, where nobody else is named) counts
    as one who has seen them; while they are in the middle of judging it, the card says that there is an audit and not
    what it found.
    """
    reader = reader or actor
    kind, roll = kind_of(target, order), Roll()
    with database.read() as c:
        progress("choosing rows", 0, 1)
        selection = select(c, pool.id, order.predicate)
        if not selection.admitted:
            raise Refused(nothing(selection))
        is_closed = headline.closed(c, pool.id, reader, look=True) is not None
        options = options_of(c, pool, order, selection, is_closed=is_closed)
        write = write_single if kind == "file" else write_release
        written = write(
            roll.of(rows_of(c, pool, order, selection)),
            target,
            options,
            predicate=order.predicate.as_json(),
            progress=progress,
            should_stop=should_stop,
        )

    def record(c: sa.Connection) -> Released:
        if options.pool_audit and not is_closed:
            headline.note_look(c, pool.id, reader)
        return _kept(c, pool, order, selection, written, kind, actor, known_as)

    return stored(database, roll, record)


def options_of(
    c: sa.Connection, pool: Pool, order: ReleaseOrder, selection: ReleaseSelection, *, is_closed: bool = False
) -> ReleaseOptions:
    """What shapes the files of an order: its own choices, and what the pool says of the rows.

    `is_closed`: what the audit found is not for who asks.
    """
    whole, said = ((), _CLOSED) if is_closed else pool_audit(c, pool.id)
    return ReleaseOptions(
        order.title.strip() or pool.name,
        order.formats,
        order.shares,
        order.seed,
        order.style,
        order.thoughts,
        order.license.strip(),
        languages=order.languages,
        how=(*sentences(c, selection), *near_sets(c, pool, selection)),
        audit=() if is_closed else audit_lines(c, pool.id, selection),
        pool_audit=whole,
        pool_audit_said=said,
        description=order.description.strip(),
        version=order.version.strip(),
    )


def rows_of(c: sa.Connection, pool: Pool, order: ReleaseOrder, selection: ReleaseSelection) -> RowSource:
    """The rows that go out, with what the ordered formats need beside them."""
    forms = chosen(order.formats)
    return source(
        c,
        pool.id,
        selection,
        fields=order.fields,
        with_pairs=any(form.needs is Needs.PAIRS for form in forms),
        with_judged=any(form.takes_judged for form in forms),
    )


def card_ahead(database: Database, pool: Pool, order: ReleaseOrder, reader: str = "") -> str:
    """The card that a release by this order would have now, its files named as they would be; nothing is written.

    Raises Refused where there is nothing to release. A format that the rows cannot fill is still listed here: only
    writing it tells.
    """
    with database.read() as c:
        selection = select(c, pool.id, order.predicate)
        if not selection.admitted:
            raise Refused(nothing(selection))
        is_closed = headline.closed(c, pool.id, reader) is not None  # as its preview is
        options = options_of(c, pool, order, selection, is_closed=is_closed)
        rows = rows_of(c, pool, order, selection)
        survey = surveyed(rows, options.shares, options.seed, lambda done: None)
        columns = list(whole(next(iter(rows())), options.seed, 0)) if WHOLE in order.formats else []
    sides = [side for side in Split if survey.rows_of_side.get(side)]
    paths = {(form.name, side): f"{form.name}/{side}.{form.shape}" for form in chosen(order.formats) for side in sides}
    return card(survey, options, paths, (), columns)


def near_sets(c: sa.Connection, pool: Pool, selection: ReleaseSelection) -> tuple[str, ...]:
    """What the check against evaluation sets found, in a sentence; none where there is no set."""
    left_out = selection.excluded.get(Reason.CONTAMINATED, ())
    said = checking.told_of(c, pool, list(left_out), len(selection.admitted))
    return (said,) if said else ()


def kind_of(target: Path, order: ReleaseOrder) -> str:
    """Whether a target is a folder, a zip or a single file. Raises Refused where its ending fits no one format."""
    if target.suffix == ".zip":
        return "zip"
    if target.suffix not in SUFFIXES:
        return "folder"
    ends = sorted({f".{form.shape.value}" for form in chosen(order.formats)})
    if len(order.formats) > 1:
        raise Refused(f"{target.name} is one file, and {len(order.formats)} formats are asked for; name a folder.")
    if target.suffix != ends[0]:
        raise Refused(f"{order.formats[0]} files end in {ends[0]}; name {target.stem}{ends[0]}, or a folder.")
    return "file"


def nothing(selection: ReleaseSelection) -> str:
    """Why a rule admits nothing and what to do, in one sentence."""
    if not selection.of:
        return "The pool has no accepted instance to release; generate or import some first."
    if selection.all_demo and not selection.predicate.include_demo:
        return (
            f"All {number_of(selection.of, 'instance')} of this pool were replayed from demo recordings, and a "
            f"release leaves "
            "those out; add --include-demo, or tick “include demo rows” on the page Release."
        )
    reasons = ", ".join(f"{len(ids):,} {IN_WORDS[reason]}" for reason, ids in selection.excluded.items())
    return (
        f"The rule admits none of the {number_of(selection.of, 'instance')} ({reasons}); loosen it, or rate "
        f"more of them."
    )


def place(data_dir: Path, pool: Pool, name: str) -> Path:
    """The folder of a pool's release of that name. Raises Refused for a name that is no plain file name."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", name) or name.endswith((".zip", *SUFFIXES)):
        raise Refused(
            "A release's name has up to 80 letters, digits, points and hyphens, begins with a letter or digit and does "
            "not end like a file."
        )
    return (data_dir / FOLDER / _slug(pool) / name).absolute()


def free_name(database: Database, data_dir: Path, pool: Pool) -> str:
    """The name of a release that is given none: by the number that it will most likely have, or the next that is not
    taken on disk."""
    with database.read() as c:
        number = releases.newest_id(c) + 1
    while place(data_dir, pool, f"release-{number}").exists():
        number += 1
    return f"release-{number}"


def summary(made: Released) -> dict[str, Any]:
    """A release's figures: counts, what was left out by reason, files with rows and hashes."""
    return {
        "release": made.id,
        "path": made.path,
        "kind": made.kind,
        "rows": made.rows,
        "counts": dict(made.counts),
        "excluded": dict(made.excluded),
        "files": [dict(file) for file in made.files],
        "notes": list(made.notes),
        "sha256": made.sha256,
        "predicate": dict(made.predicate),
    }


def _kept(
    c: sa.Connection,
    pool: Pool,
    order: ReleaseOrder,
    selection: ReleaseSelection,
    written: Release,
    kind: str,
    actor: str,
    known_as: str,
) -> Released:
    options: Mapping[str, Any] = {key: value for key, value in order.as_json().items() if key != "predicate"}
    return releases.keep(
        c,
        pool.id,
        name=known_as or written.path.name,
        path=known_as or str(written.path),
        kind=kind,
        predicate=order.predicate.as_json(),
        options=dict(options),
        rows=written.rows,
        counts=dict(written.counts),
        excluded=selection.counts,
        files=[
            {"path": file.path, "bytes": file.bytes, "sha256": file.sha256}
            | ({"rows": file.rows} if file.rows is not None else {})
            | ({"format": file.format, "split": str(file.split)} if file.format else {})
            for file in written.files
        ],
        notes=list(written.notes),
        sha256=written.sha256,
        actor=actor or acting(),
    )


def _slug(pool: Pool) -> str:
    """A folder name for a pool: its own name where that is one, else what can be kept of it with the pool's number."""
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", pool.name).strip("-.")[:60]
    return slug if slug == pool.name else f"{slug or 'pool'}-{pool.id}"
