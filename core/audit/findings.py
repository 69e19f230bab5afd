"""Everything that an audit found, computed in one pass from its judged items: what the page and the report show."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.audit.judged import JudgedItem
from core.audit.table2 import (
    Breakdown,
    GradeShare,
    QuestionShare,
    breakdowns,
    grade_shares,
    is_weighted,
    table2,
    valid_share,
)
from core.audit.weak_spots import WeakSpots, weak_spots
from core.statistics.agreement import Agreement, agreement
from core.statistics.estimates import Proportion, ShareEstimate, samples_to_halve, share_in_population


@dataclass(frozen=True, slots=True)
class Findings:
    """An audit's results. `judged`: items with a rating; `disputed`: positions of those on which reviewers differ,
    be it in the grade or in an answer to a question; `open`: those of them that no last word has settled, `by_party`
    those that one of the reviewers who differ has settled.

    `valid` is the sample's share of valid items, `pool` the estimate for the whole population, `to_halve` how many more
    items would halve the interval of `valid`. `agreement` is None with fewer than two reviewers. `weighted`: the strata
    have other shares of the sample than of the pool, so that Table 2 weights them; counts, grades and parts are the
    sample's as it was drawn.
    """

    size: int
    judged: int
    table2: tuple[QuestionShare, ...]
    grades: tuple[GradeShare, ...]
    valid: Proportion
    to_halve: int | None
    pool: ShareEstimate
    breakdowns: tuple[Breakdown, ...]
    weak_spots: WeakSpots
    agreement: Agreement | None
    disputed: tuple[int, ...]
    weighted: bool = False
    open: tuple[int, ...] = ()
    by_party: tuple[int, ...] = ()

    @property
    def differences(self) -> str:
        """On how many items reviewers differ, how many of those are settled and by whom, in a sentence; "" for none."""
        if not self.disputed:
            return ""
        n, settled = len(self.disputed), len(self.disputed) - len(self.open)
        said = f"Reviewers differ on {n} {'item' if n == 1 else 'items'}; "
        if not settled:
            return said + "none of these is settled."
        own = f", {len(self.by_party)} of them by one of those who differ" if self.by_party else ""
        return said + f"{settled} {'is' if settled == 1 else 'are'} settled by a last word{own}."

    @property
    def weighting(self) -> str:
        """How the strata count in Table 2, in a sentence; "" where they are in it as they are in the pool."""
        if not self.weighted:
            return ""
        return (
            "The parts of the pool were not sampled in proportion, so each has the weight of its tasks in the "
            "percentages of the questions. The counts beside them, the grades and the parts are those of the sample as "
            "it was drawn."
        )

    def as_json(self) -> dict[str, Any]:
        """Return {questions, grades, valid, pool, differences, agreement?} with plain numbers, shares in percent."""
        result: dict[str, Any] = {
            "size": self.size,
            "judged": self.judged,
            "questions": {row.key: _of_question(row) for row in self.table2},
            "weighted": self.weighted,
            "grades": {each.grade.value: each.share.yes for each in self.grades},
            "valid": _numbers(self.valid),
            "pool": {"n": self.pool.n, "population": self.pool.population, **_bounds(self.pool)},
            "to_halve": self.to_halve,
            "differences": {
                "items": list(self.disputed),
                "open": list(self.open),
                "settled_by_party": list(self.by_party),
            },
        }
        if self.agreement is not None:
            result["agreement"] = self.agreement.as_json()
        return result


def findings(
    items: Sequence[JudgedItem],
    sizes: Mapping[str, int],
    tasks: Mapping[str, int] | None = None,
    late: Collection[int] = (),
) -> Findings:
    """Return what an audit found. `sizes`: instances of the population by stratum (see `share_in_population`).

    `tasks`: how many the population has by stratum, each of which can be drawn once; None where that is not known.
    `late`: ids of ratings whose reviewer had seen what others said: they count in every share and in no figure of
    agreement.
    """
    reviewers = {rating.reviewer for item in items for rating in item.ratings}
    blind = [rating for item in items for rating in item.ratings if rating.id not in late]
    valid = valid_share(items)
    return Findings(
        size=len(items),
        judged=sum(1 for item in items if item.ratings),
        table2=table2(items, tasks),
        grades=grade_shares(items),
        valid=valid,
        to_halve=samples_to_halve(valid.yes, valid.n, sum(tasks.values()) if tasks else None),
        pool=share_in_population(items, sizes, tasks),
        breakdowns=breakdowns(items),
        weak_spots=weak_spots(items),
        agreement=agreement(blind) if len(reviewers) > 1 else None,
        disputed=tuple(item.position for item in items if item.differs_on),
        weighted=tasks is not None and is_weighted(items, tasks),
        open=tuple(item.position for item in items if item.is_open),
        by_party=tuple(item.position for item in items if item.is_settled_by_party),
    )


def _of_question(row: QuestionShare) -> dict[str, Any]:
    numbers = _numbers(row.share)
    return numbers if row.least is None else {**numbers, "of": row.begun, "least": row.least, "most": row.most}


def _numbers(share: Proportion) -> dict[str, Any]:
    return {"n": share.n, "yes": share.yes, **_bounds(share)}


def _bounds(share: Proportion | ShareEstimate) -> dict[str, float | None]:
    return {"percent": share.percent, "low": share.low, "high": share.high}
