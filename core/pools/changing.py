"""Changing a pool: name, place, settings. An act names what its page showed, so that an old page changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.database import Database
from core.novelty import Tokeniser
from core.pool import measured, pool_settings
from core.pool import pools as store
from core.pool.journal import Noted, note
from core.records import Pool, Refused


def rename(database: Database, pool_id: int, name: str) -> Pool:
    """Give a pool another name and return it; Refused where the name is empty, too long or taken."""
    with database.write() as c:
        before = store.by_id(c, pool_id).name
        store.rename(c, pool_id, name)
        note(c, pool_id, Noted.RENAMED, detail=f"from {before} to {store.by_id(c, pool_id).name}")
        return store.by_id(c, pool_id)


def archive(database: Database, pool_id: int, archived: bool = True) -> None:
    """Put a pool away, or take it out again; nothing in it changes. One that is there already is left alone."""
    with database.write() as c:
        if (store.by_id(c, pool_id).archived_at is not None) is archived:
            return
        store.archive(c, pool_id, archived)
        note(c, pool_id, Noted.ARCHIVED if archived else Noted.BROUGHT_BACK)


def choose_tokeniser(database: Database, pool_id: int, tokeniser: Tokeniser, seen: Tokeniser) -> Pool:
    """Measure novelty by another tokeniser from now on; what was decided stays, what was measured is measured anew.

    `seen` is the one that the person saw chosen: Refused where somebody has changed it since.
    """
    with database.write() as c:
        pool = store.by_id(c, pool_id)
        now = pool_settings.of(pool).tokeniser
        if now is not seen:
            raise Refused(f"Somebody has chosen the tokeniser {now.value} meanwhile; look again, then choose.")
        return _changed(c, pool, {"tokeniser": tokeniser.value})


def keep_guidelines(database: Database, pool_id: int, rules: str, seen: str) -> Pool:
    """Keep the pool's own rules for reviewers. Refused where they are no longer those that the person saw."""
    with database.write() as c:
        pool = store.by_id(c, pool_id)
        if pool_settings.of(pool).guidelines != seen:
            raise Refused("Somebody has changed these rules meanwhile; copy yours, look at theirs, then keep again.")
        return _changed(c, pool, {"guidelines": rules.strip()})


def change(database: Database, pool_id: int, given: Mapping[str, Any]) -> Pool:
    """Change these settings of a pool by their names. Refused for an unknown one, or a value that doesn't fit."""
    with database.write() as c:
        return _changed(c, store.by_id(c, pool_id), given)


def _changed(c: sa.Connection, pool: Pool, given: Mapping[str, Any]) -> Pool:
    now = store.configure(c, pool.id, **given)
    if pool_settings.of(now).tokeniser is not pool_settings.of(pool).tokeniser:
        measured.forget(c, pool.id)
    changed = [name for name in given if now.settings.get(name) != pool.settings.get(name)]
    if changed:
        note(c, pool.id, Noted.SET, detail=", ".join(changed))
    return now
