"""Winnow in a notebook: open a pool, take its approved instances as pandas or `datasets`, audit figures, charts.

    import core

    pool = core.open_pool("my-pool")
    pool.frame()                      # approved instances as a pandas DataFrame
    pool.dataset().save_to_disk(...)  # the same as a datasets.Dataset
    pool.audit(3).found.table2        # what an audit found, by the desk's rules of blindness
    pool.sunburst().show()            # the charts of the page Diversity

Reading alone: whatever changes a pool is an act of a room, or a verb. `docs/recipes.md` holds five that are tested.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core import settings
from core.audit import results
from core.database import Database, open_database
from core.diversity import charts, job, seedscores
from core.diversity.selection import TaskSelection
from core.diversity.theme import LIGHT
from core.diversity.view import DiversityFigures, look
from core.pools import Funnel, funnel, named
from core.records import Pool, Refused
from core.release.predicate import Predicate as Predicate
from core.release.predicate import predicate_of
from core.release.row import ReleaseRow
from core.release.selection import select
from core.release.source import source
from core.words import number_of

if TYPE_CHECKING:
    import datasets
    import pandas
    from plotly.graph_objects import Figure


EVERY = 5.0  # seconds between two lines on how far the parser is
COLUMNS = ("id", "task", "instruction", "input", "output", "is_classification", "origin", "demo", "verb")


@dataclass(frozen=True)
class Notebook:
    """A pool as a notebook reads it. Every call reads the pool as it is then."""

    database: Database
    pool: Pool
    reader: str = "me"

    def approved(self, rule: Predicate | None = None) -> Iterator[ReleaseRow]:
        """The instances that a release's rule lets out, in order of task and position.

        By default what people approved (at least one rating, grade B or better); `Predicate.everything()` for all that
        was accepted. Raises Refused where the rule needs what the pool does not have, and for a field that is none: a
        grade of "b" would let all of them out.
        """
        if not isinstance(rule, Predicate | None):
            raise Refused("A rule is a Predicate, such as core.Predicate(min_ratings=2).")
        checked = predicate_of((rule or Predicate()).as_json())
        with self.database.read() as c:
            rows = source(c, self.pool.id, select(c, self.pool.id, checked))
            yield from (row for row in rows() if row.admitted)

    def frame(self, rule: Predicate | None = None) -> pandas.DataFrame:
        """The same as a pandas DataFrame with the columns `COLUMNS`."""
        import pandas as pd

        return pd.DataFrame([_row(row) for row in self.approved(rule)], columns=list(COLUMNS))

    def dataset(self, rule: Predicate | None = None) -> datasets.Dataset:
        """The same as a `datasets.Dataset`. Raises Refused where no row goes out: it would have no columns."""
        import datasets

        rows = [_row(row) for row in self.approved(rule)]
        if not rows:
            raise Refused("No instance goes out by this rule; approve some first, or ask for Predicate.everything().")
        return datasets.Dataset.from_list(rows)

    def counts(self) -> Funnel:
        """Where the pool stands, from seeds to release."""
        return funnel(self.database, self.pool.id)

    def audit(self, audit_id: int) -> results.Result:
        """What an audit found, noted as seen by the reader. Raises Refused while it would colour their answers."""
        shown = results.result(self.database, audit_id, self.reader, look=True)
        if isinstance(shown, results.StillJudging):
            raise Refused(shown.sentence)
        return shown

    def figures(self, *, verbs: bool = True) -> DiversityFigures:
        """Verbs and nouns, ROUGE-L to the seeds, lengths, Table 1 of the accepted tasks, read as on the page.

        The first time a parser reads every instruction (some 600 a second of the processor by the built-in one), and
        says on standard error how far it is; what it read is kept, also where it is interrupted. `verbs=False` does not
        begin that: figures have the verbs that were read before.
        """
        choice = job.choice(self.database, self.pool)
        if choice.parser and verbs:
            job.parse_here(self.database, self.pool, choice.parser, _Telling(choice.parser.label))
        seedscores.measure(self.database, self.pool)
        return look(self.database, self.pool.id, TaskSelection(), choice.key)

    def sunburst(self) -> Figure:
        """The sunburst of root verbs and their objects as a plotly figure (Self-Instruct, figure 3).

        The first time it reads every instruction, as `figures` does.
        """
        parser = job.choice(self.database, self.pool).parser
        return charts.sunburst(self.figures().table(), LIGHT, parser.label if parser else "")

    def rouge(self) -> Figure:
        """The histogram of ROUGE-L to the nearest seed as a plotly figure (figure 4); no parser is asked."""
        return charts.rouge_bars(self.figures(verbs=False).rouge(), LIGHT)


class _Telling:
    """Says on standard error what the parser is about to do, and every few seconds how far it is."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.first: tuple[float, int] | None = None
        self.told = 0.0

    def __call__(self, counts: Mapping[str, Any]) -> None:
        done, goal, now = int(counts.get("parsed") or 0), int(counts.get("to_parse") or 0), time.monotonic()
        if self.first is None and goal:
            say = (
                f"The {self.label} reads {number_of(goal - done, 'instruction')} for their verbs; what it read is kept."
            )
            sys.stderr.write(f"{say}\n")
            self.told = now
        elif self.first and done > self.first[1] and (now - self.told >= EVERY or done >= goal):
            rate = (done - self.first[1]) / max(now - self.first[0], 1e-9)
            left = f", about {(goal - done) / rate:,.0f} s left" if done < goal else ""
            sys.stderr.write(f"{done:,} of {goal:,} read{left}\n")
            self.told = now
        # The first chunk has the parser's own start in it: the rate is taken from there on.
        if goal and (self.first is None or (self.first[1] == 0 and done)):
            self.first = (now, done)


def open_pool(name: str, url: str = "", reader: str = "") -> Notebook:
    """The pool of that name, in the database that `url` or else the environment names (`WINNOW_DATA_DIR`).

    `reader`: who looks, for audits that are being judged (default WINNOW_REVIEWER, else me). Raises NotFound naming the
    pools there are.
    """
    if not isinstance(name, str):
        raise Refused("A pool is opened by its name, which is a text.")
    environment = settings.load()
    database = open_database(url or environment.url)
    return Notebook(database, named(database, name), reader or environment.reviewer or "me")


def _row(row: ReleaseRow) -> dict[str, Any]:
    return {name: row.origin.value if name == "origin" else getattr(row, name) for name in COLUMNS}
