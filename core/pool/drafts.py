"""What a reviewer has begun to say: kept on disk until the rating is handed in, so that a reload loses nothing."""

from __future__ import annotations

import time

import sqlalchemy as sa

from core.database.engine import put
from core.database.schema import drafts
from core.pool.judgement import OPEN_DESK, Judgement, columns, judgement

HANDED_IN = ("grade", "valid", "seconds")


def get(c: sa.Connection, instance_id: int, reviewer: str, text_hash: str, round: str = OPEN_DESK) -> Judgement | None:
    """What the reviewer has begun to say of this very text and not yet handed in."""
    its = {"its_id": instance_id, "its_reviewer": reviewer, "its_round": round, "its_hash": text_hash}
    said = c.execute(_said, its).scalar()
    return None if said is None else judgement(said)


def keep(
    c: sa.Connection, instance_id: int, reviewer: str, text_hash: str, said: Judgement, round: str = OPEN_DESK
) -> None:
    """Keep answers, flags and note over a reload; a grade is handed in, never kept here."""
    answers = {name: value for name, value in columns(said).items() if name not in HANDED_IN}
    answers["note"] = said.note.encode("utf-8", "replace").decode()
    whose = {"instance_id": instance_id, "reviewer": reviewer, "round": round}
    put(c, drafts, tuple(whose), {**whose, "text_hash": text_hash, "said": answers, "at": time.time()})


_said = sa.select(drafts.c.said).where(
    drafts.c.instance_id == sa.bindparam("its_id"),
    drafts.c.reviewer == sa.bindparam("its_reviewer"),
    drafts.c.round == sa.bindparam("its_round"),
    drafts.c.text_hash == sa.bindparam("its_hash"),
)
