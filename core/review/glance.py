"""One item looked at and judged by its number, without a desk: nothing is held for the reviewer, nothing comes next.

The rules are the desk's: others' ratings show once one's own stands and the item has those that its queue wants, and no
judgement lands on a text that was edited or taken out meanwhile.
"""

from __future__ import annotations

from core.database import Database
from core.pool import judging, standing
from core.pool.judgement import OPEN_DESK, Judgement
from core.review import desk
from core.review.desk import Shown, View


def look(database: Database, queue_id: int, instance_id: int, reviewer: str) -> tuple[Shown, View]:
    """What the reviewer may see of an item, as the queue's desk shows it; NotFound where there is none."""
    with database.read() as c:
        text_hash, seen = standing.of(c, instance_id, reviewer, OPEN_DESK)
        shown = Shown(queue_id, instance_id, text_hash, OPEN_DESK, seen)
        return shown, desk.view(c, shown, reviewer)


def judge(database: Database, shown: Shown, reviewer: str, said: Judgement) -> None:
    """Store a judgement of the text that was looked at. Refused where it was edited, taken out or rated since."""
    with database.write() as c:
        standing.must_be_accepted(c, shown.instance_id)
        judging.rate(c, shown.instance_id, reviewer, shown.text_hash, said, shown.round, seen=shown.seen)


def skip(database: Database, shown: Shown, reviewer: str) -> None:
    """Pass on the item, which goes to others; what is rated or skipped stays so. Refused as `judge` is."""
    with database.write() as c:
        standing.must_be_accepted(c, shown.instance_id)
        standing.must_be_as_seen(c, shown.instance_id, reviewer, shown.text_hash, shown.round, shown.seen)
        if shown.seen is None:
            judging.skip(c, shown.instance_id, reviewer, shown.text_hash, shown.round)
