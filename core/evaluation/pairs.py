"""Blind comparisons and grades as preference pairs for `trl-dpo`; never from a sealed set, which is for judging."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.database import Database
from core.evaluation.blindness import owing
from core.evaluation.judged import judgements
from core.evaluation.rows import responses, sets
from core.evaluation.words import StillRating
from core.pool import pool_settings, pools
from core.records import Refused


@dataclass(frozen=True, slots=True)
class PreferencePair:
    """Two responses to one task, one preferred. `margin`: the mean lead over all judgements, above 0 up to 1.

    `agreement`: the share of the decided judgements that say the same; `judgements`: of how many raters' words.
    """

    prompt: str
    chosen: str
    rejected: str
    margin: float
    agreement: float
    judgements: int
    set_name: str
    task: int

    def as_row(self) -> dict[str, Any]:
        """The row of a `trl-dpo` file, with margin and agreement beside."""
        return {
            "prompt": self.prompt,
            "chosen": self.chosen,
            "rejected": self.rejected,
            "margin": self.margin,
            "agreement": self.agreement,
        }


def preference_pairs(
    database: Database, pool_id: int, reader: str, *, least_margin: float = 0.0
) -> Sequence[PreferencePair] | StillRating:
    """Return the pairs of every set that was opened for this pool by name, in order of set and task.

    What raters tied on gives no pair. StillRating while the reader owes judgements there; Refused where no set is open
    for the pool, for a sealed set's pairs would put its texts into training data.
    """
    with database.read() as c:
        pool = pools.by_id(c, pool_id)
        opened = [of for of in sets.every(c) if of.name in pool_settings.of(pool).opened_sets]
        if not opened:
            raise Refused(
                f"No evaluation set is open for the pool {pool.name}, and pairs of a sealed one would put its texts "
                "into training data; open a set that you judge no model by, on the page Evaluate under Sets."
            )
        found: list[PreferencePair] = []
        for of in opened:
            owed = owing(c, of, reader)
            if owed is not None:
                return owed
            texts = {(each.model, each.task_id): each.text for each in responses.of_set(c, of.id)}
            leads: defaultdict[tuple[int, str, str], list[float]] = defaultdict(list)
            for duel in judgements(c, of).duels:
                one, two = sorted((duel.first, duel.second))
                leads[(duel.task, one, two)].append(2 * (duel.outcome if duel.first == one else 1 - duel.outcome) - 1)
            prompts = {
                task.id: task.instruction + (f"\n\n{task.input}" if task.input.strip() else "")
                for task in sets.tasks_of(c, of.id)
            }
            for (task, one, two), said in sorted(leads.items()):
                if abs(sum(said)) / len(said) > least_margin:
                    found.append(_pair(prompts[task], texts[(one, task)], texts[(two, task)], said, of.name, task))
    return [pair for pair in found if pair.chosen.strip() and pair.chosen != pair.rejected]


def _pair(prompt: str, one: str, two: str, said: list[float], set_name: str, task: int) -> PreferencePair:
    lead = sum(said) / len(said)
    chosen, rejected = (one, two) if lead > 0 else (two, one)
    decided = [each for each in said if each]
    agree = sum((each > 0) == (lead > 0) for each in decided) / len(decided)
    return PreferencePair(prompt, chosen, rejected, abs(lead), agree, len(said), set_name, task)
