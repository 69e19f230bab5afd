"""Blind comparisons and grades as preference pairs for `trl-dpo`; never from a sealed set, which is for judging."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from core.database import Database
from core.evaluation.blindness import enter
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
        """The row of a `trl-dpo` file, messages as in a release's, with margin, agreement and judgements beside."""
        return {
            "prompt": [{"role": "user", "content": self.prompt}],
            "chosen": [{"role": "assistant", "content": self.chosen}],
            "rejected": [{"role": "assistant", "content": self.rejected}],
            "margin": self.margin,
            "agreement": self.agreement,
            "judgements": self.judgements,
        }


@dataclass(frozen=True, slots=True)
class PreferencePairs:
    """The pairs of a set in order of task. What raters compared and gives none: `tied` (or too narrow a lead), `alike`:
    the very same text twice, or a winner that says nothing."""

    set_name: str
    pairs: tuple[PreferencePair, ...]
    tied: int
    alike: int

    @property
    def sentence(self) -> str:
        """How many there are and what was left out, in plain words."""
        said = f"{len(self.pairs):,} preference {'pair' if len(self.pairs) == 1 else 'pairs'} of {self.set_name}"
        left = [f"{self.tied:,} tied"] if self.tied else []
        left += [f"{self.alike:,} with the same or an empty answer"] if self.alike else []
        return f"{said}; {' and '.join(left)} left out." if left else f"{said}."

    def as_lines(self) -> str:
        """The file: JSON Lines."""
        return "".join(json.dumps(pair.as_row(), ensure_ascii=True) + "\n" for pair in self.pairs)


def preference_pairs(
    database: Database, set_name: str, reader: str, *, least_margin: float = 0.0
) -> PreferencePairs | StillRating:
    """Return what raters preferred, as pairs, and note that the reader knows; StillRating while they owe judgements.

    Only of a set that a person opened for some pool by name: its texts are training data by their word, so that no
    model can be judged by it any more. Refused for a sealed one, whose pairs would put its texts into training.
    """
    if not 0 <= least_margin < 1:
        raise Refused("The least margin lies from 0 (every lead) to below 1.")
    with database.read() as c:
        of = sets.get(c, set_name)
        if not any(of.name in pool_settings.of(pool).opened_sets for pool in pools.every(c)):
            raise Refused(
                f"{of.name} is sealed, and its pairs would put its texts into training data. Open a set that no model "
                "is to be judged by any more: on the page Evaluate under Sets, or with `evaluate open`."
            )
    entered = enter(database, set_name, reader)
    if isinstance(entered, StillRating):
        return entered
    with database.read() as c:
        texts = {(each.model, each.task_id): each.text for each in responses.of_set(c, of.id)}
        leads: defaultdict[tuple[int, str, str], list[float]] = defaultdict(list)
        for duel in judgements(c, of).duels:
            one, two = sorted((duel.first, duel.second))
            leads[(duel.task, one, two)].append(2 * (duel.outcome if duel.first == one else 1 - duel.outcome) - 1)
        prompts = {
            task.id: task.instruction + (f"\n\n{task.input}" if task.input.strip() else "")
            for task in sets.tasks_of(c, of.id)
        }
    compared = [
        _pair(prompts[task], texts[(one, task)], texts[(two, task)], said, of.name, task)
        for (task, one, two), said in sorted(leads.items())
    ]
    told = [pair for pair in compared if pair is not None and pair.margin > least_margin]
    usable = tuple(pair for pair in told if pair.chosen.strip() and pair.chosen != pair.rejected)
    return PreferencePairs(of.name, usable, len(compared) - len(told), len(told) - len(usable))


def _pair(prompt: str, one: str, two: str, said: list[float], set_name: str, task: int) -> PreferencePair | None:
    """The pair that these judgements come to, None where they are a tie."""
    lead = sum(said) / len(said)
    if not lead:
        return None
    chosen, rejected = (one, two) if lead > 0 else (two, one)
    decided = [each for each in said if each]
    agree = sum((each > 0) == (lead > 0) for each in decided) / len(decided)
    return PreferencePair(prompt, chosen, rejected, abs(lead), agree, len(said), set_name, task)
