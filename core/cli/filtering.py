"""Which instances a verb means: the options of a filter, the same everywhere, and the filter that they make."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from core.pool import search
from core.pool.filters import Filter
from core.records import Grade, Origin, Refused

if TYPE_CHECKING:
    from core.database import Database

_YES = {"yes": True, "no": False, None: None, "given": True, "empty": False}
IN_RELEASE = "held by it: a number, a name, or last"
NOT_IN_RELEASE = "not held by it; last for the newest"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that narrow what is meant; without any it is every accepted instance."""
    group = parser.add_argument_group("which instances", "all given must hold; by default every accepted one")
    group.add_argument("--search", default="", metavar="TEXT", help=search.HELP.replace("%", "%%"))
    group.add_argument("--contains", default="", metavar="TEXT", help="these very characters")
    group.add_argument(
        "--within", default="", choices=("instruction", "input", "output"), help="look in this text only"
    )
    group.add_argument("--origin", default="", choices=[o.value for o in Origin if o is not Origin.SEED])
    group.add_argument("--run", type=int, dest="of_run", metavar="RUN", help="the number of a run")
    group.add_argument("--verb", default="", dest="root_verb", help="this root verb, where a parser has read it")
    group.add_argument("--grade", action="append", default=[], choices=[g.value for g in Grade], help="may be repeated")
    group.add_argument("--flag", default="", help="on which this flag is raised")
    group.add_argument("--rated", default="", choices=("unrated", "rated", "stale", "skipped"))
    group.add_argument("--differ", action="store_true", help="on which reviewers differ")
    group.add_argument("--classification", choices=("yes", "no"))
    group.add_argument("--input", dest="its_input", choices=("given", "empty"))
    group.add_argument("--seed-from", type=float, metavar="F1", help="ROUGE-L to the nearest seed, at least")
    group.add_argument("--seed-to", type=float, metavar="F1", help="ROUGE-L to the nearest seed, at most")
    group.add_argument("--in-release", default="", metavar="RELEASE", help=IN_RELEASE)
    group.add_argument("--not-in-release", default="", metavar="RELEASE", help=NOT_IN_RELEASE)
    group.add_argument("--task", type=int, action="append", metavar="TASK", help="this task; may be repeated")


def wanted(chosen: argparse.Namespace, db: Database, pool_id: int) -> Filter:
    """The filter of a pool that the options say."""
    for name in ("seed_from", "seed_to"):
        value = getattr(chosen, name)
        if value is not None and not 0 <= value <= 1:
            raise Refused(f"--{name.replace('_', '-')} is a ROUGE-L F1 from 0 to 1.")
    return Filter(
        origin=chosen.origin,
        run_id=chosen.of_run,
        verb=chosen.root_verb,
        seed_from=chosen.seed_from,
        seed_to=chosen.seed_to,
        grades=tuple(chosen.grade),
        disagreement=chosen.differ,
        flag=chosen.flag,
        search=chosen.search,
        contains=chosen.contains,
        within=chosen.within,
        is_classification=_YES[chosen.classification],
        has_input=_YES[chosen.its_input],
        rated=chosen.rated,
        in_release=release(db, pool_id, chosen.in_release),
        not_in_release=release(db, pool_id, chosen.not_in_release),
        task_ids=tuple(chosen.task) if chosen.task else None,
    )


def release(db: Database, pool_id: int, named: str) -> int | None:
    """The number of the release that an option names, by number, by name or as the last; None where it names none."""
    if not named:
        return None
    from core.release import past

    return past.one(db, pool_id, named).id


def is_plain(found: Filter) -> bool:
    """Whether nothing was narrowed."""
    return found == Filter()
