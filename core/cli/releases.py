"""Verbs about what was released and what would be: list, show, members, preview, audit what goes out."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from core.cli.bar import table
from core.cli.console import Console, Subparsers, database, verb, who
from core.cli.empty import no_tasks
from core.cli.release import add_rule, rule_of
from core.records import NotFound
from core.words import number_of, with_capital


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
    listed = verb(verbs, "release-list", _list, "list a pool's releases, newest first")
    show = verb(verbs, "release-show", _show, "one release: rule, counts, files, and what became of what it held")
    members = verb(verbs, "release-members", _members, "read what earlier releases held from their files, once")
    preview = verb(verbs, "release-preview", _preview, "what a rule would let out now, and why the rest stays")
    audit = verb(verbs, "release-audit", _audit, "draw an audit of what a rule lets out")
    for each in (listed, show, members, preview, audit):
        each.add_argument("pool")
    show.add_argument("release", help="its number or name, or last")
    members.add_argument("release", nargs="?", help="its number or name, or last; by default all not known")
    for each in (preview, audit):
        add_rule(each)
    preview.add_argument("--reason", help="also list what stays behind for this reason")
    audit.add_argument("--reviewer", default="", help="who draws it")


def _list(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.release import past

    db = database()
    pool = pools.named(db, chosen.pool)
    found = past.every(db, pool.id)
    rows = [
        {"release": r.id, "name": r.name, "rows": r.rows, "members": r.members, "path": r.path, "sha256": r.sha256}
        for r in found
    ]
    console.result(
        {"pool": pool.name, "releases": rows},
        lambda: (
            table(
                ("release", "name", "rows", "sha256", "path"),
                [(r["release"], r["name"], r["rows"], str(r["sha256"])[:12], r["path"]) for r in rows],
            )
            if rows
            else [
                f"Nothing was released from {pool.name} yet; `winnow release preview` says what a rule would let out, "
                "`winnow release make` writes it."
            ]
        ),
    )
    return 0


def _show(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.pool.members import called
    from core.release import past
    from core.release.reasons import IN_WORDS, Reason
    from core.release.today import today

    db = database()
    pool = pools.named(db, chosen.pool)
    found = past.one(db, pool.id, chosen.release)
    became = today(db, pool.id, found.id)
    told: dict[str, Any] = {**asdict(found), "today": became.as_json()}
    console.result(
        told,
        lambda: [
            f"{with_capital(called(found.id, found.name))}: {number_of(found.rows, 'row')} at {found.path}",
            *(f"  {sentence}" for sentence in became.sentences()),
            *(f"  left out {n:,}: {IN_WORDS[Reason(reason)]}" for reason, n in found.excluded.items()),
            *(f"  {file['path']}  {file['bytes']:,} bytes  sha256 {file['sha256'][:16]}…" for file in found.files),
            *(f"  note: {note}" for note in found.notes),
        ],
    )
    return 0


def _members(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.pool.members import called
    from core.records import WinnowError
    from core.release import filling, past

    db = database()
    pool = pools.named(db, chosen.pool)
    if chosen.release:
        wanted = [filling.fill(db, pool.id, past.one(db, pool.id, chosen.release).id).id]
        refused: dict[int, str] = {}
    else:
        wanted, refused = [], {}
        for one in past.holdings(db, pool.id):
            if one.n is None:
                try:
                    wanted.append(filling.fill(db, pool.id, one.release_id).id)
                except WinnowError as error:
                    refused[one.release_id] = str(error)
    rows = [
        {"release": one.release_id, "name": one.name, "members": one.n, "why_not": refused.get(one.release_id, "")}
        for one in past.holdings(db, pool.id)
        if not chosen.release or one.release_id in wanted
    ]
    console.result(
        {"pool": pool.name, "releases": rows},
        lambda: (
            [
                f"{with_capital(called(int(str(r['release'])), str(r['name'])))}: "
                + (
                    f"{number_of(int(r['members']), 'instance', 'are')} known."
                    if r["members"] is not None
                    else str(r["why_not"])
                )
                for r in rows
            ]
            if rows
            else [f"Nothing was released from {pool.name} yet; `winnow release make` writes a release."]
        ),
    )
    return 1 if refused else 0


def _preview(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools, settings
    from core.release.preview import left_behind, preview
    from core.release.reasons import IN_WORDS, Reason

    db = database()
    pool = pools.named(db, chosen.pool)
    found = preview(db, pool.id, rule_of(chosen), settings.load().reviewer or "me")
    selection, paid = found.selection, pools.spent(db, pool.id)
    left: list[dict[str, Any]] = []
    if chosen.reason:
        ids = next((its for reason, its in selection.excluded.items() if reason.value == chosen.reason), None)
        if ids is None:
            raise NotFound(
                f'Nothing stays behind for "{chosen.reason}"; here: {", ".join(selection.counts) or "nothing at all"}.'
            )
        left = [asdict(one) for one in left_behind(db, list(ids))]
    console.result(
        {"pool": pool.name, "admitted": len(selection.admitted), "of": selection.of, "excluded": selection.counts,
         "quality": found.quality, "near_sets": found.near_sets, "making": paid.as_json,
         "left_behind": left},
        lambda: [
            f"{len(selection.admitted):,} of {number_of(selection.of, 'instance')} would go out.",
            *([] if selection.of else [no_tasks(pool.name)]),
            *(f"  {n:,} stay: {IN_WORDS[Reason(reason)]} ({reason})" for reason, n in selection.counts.items()),
            *filter(None, (found.quality, found.near_sets, paid.sentence)),
            *table(("instance", "instruction", "output"), [(r["id"], r["instruction"], r["output"]) for r in left]),
        ][: None if left else -1],
    )  # fmt: skip
    return 0


def _audit(chosen: argparse.Namespace, console: Console) -> int:
    from core import pools
    from core.release.estimate import audit_what_goes_out

    db = database()
    pool = pools.named(db, chosen.pool)
    made = audit_what_goes_out(db, pool.id, rule_of(chosen), who(chosen.reviewer))
    console.result(
        {"pool": pool.name, "id": made.id, "name": made.name},
        lambda: [f"Audit {made.id}, {made.name}: judge it on the page Audit."],
    )
    return 0
