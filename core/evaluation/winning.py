"""Win rates of a set's models: by people (blind), by a judge asked here, or by annotations made elsewhere."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.database import Database
from core.evaluation import strength
from core.evaluation.blindness import has_looked, owing
from core.evaluation.judged import Judgements, judgements
from core.evaluation.rows import preferences, responses, sets
from core.evaluation.rows.preferences import StoredPreference
from core.evaluation.strength import Duel, Ranking, Tally
from core.evaluation.winrates import VARIANT, Preference, WinRate, win_rate
from core.evaluation.words import StillRating
from core.records import Refused

PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class WinSheet:
    """Win rates of one source (`by`: people, or an annotator's name) against `baseline`, "" for all others together.

    `sources`, `baselines`: what else can be asked for, with the number of judgements.
    """

    set_name: str
    by: str
    baseline: str
    models: Mapping[str, WinRate]
    ranking: Ranking
    matrix: Mapping[tuple[str, str], Tally]
    sources: Mapping[str, int]
    baselines: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return {by, baseline, models: {name: {n, wins, losses, draws, win_rate, ...}}} with shares in percent."""
        return {
            "set": self.set_name,
            "by": self.by,
            "baseline": self.baseline or None,
            "sources": dict(self.sources),
            "baselines": dict(self.baselines),
            "length_controlled_variant": VARIANT,
            "models": {name: _json(each) for name, each in self.models.items()},
            "strength": {
                each.model: {"percent": each.percent.value, "low": each.percent.low, "high": each.percent.high}
                for each in self.ranking.strengths
            },
        }


def win_rates(
    database: Database, set_name: str, reader: str, *, by: str = "", baseline: str = ""
) -> WinSheet | StillRating:
    """Return the win rates of one source; StillRating while the reader owes judgements.

    Without `by` the newest annotator is taken, else people. An annotator's baseline is what most of its judgements
    compare with; people's is nobody in particular unless `baseline` says. Raises Refused for what is not there.
    """
    with database.write() as c:
        of = sets.get(c, set_name)
        owed = owing(c, of, reader)
        if owed is not None:
            return owed
        stored = preferences.of_set(c, of.id)
        found = judgements(c, of)
        has_looked(c, of, reader)
        names = [each.model.name for each in responses.answered(c, of.id)]
    sources = Counter(each.annotator for each in stored)
    if found.duels:
        sources[PEOPLE] = len(found.duels)
    if not by:
        by = stored[-1].annotator if stored else PEOPLE
    if by not in sources and (sources or by != PEOPLE):
        there = ", ".join(sources) or "nobody yet"
        raise Refused(f"No judgement of {set_name} is by {by}; there are some by {there}.")
    sided = _of_people(found) if by == PEOPLE else [_sides(each) for each in stored if each.annotator == by]
    baselines = Counter(base for _, base, _, _ in sided)
    if by != PEOPLE and not baseline:
        baseline = baselines.most_common(1)[0][0]
    turns = by == PEOPLE or baseline not in baselines
    both = itertools.chain(sided, (_turned(each) for each in sided if not baseline or each[0] == baseline))
    compared = {name for model, base, _, _ in sided for name in ((model, base) if turns else (base,))}
    if baseline and baseline not in compared:
        raise Refused(f"Nothing by {by} compares with {baseline}; the baselines are {', '.join(baselines) or 'none'}.")
    judged: dict[str, list[Preference]] = {}
    for model, base, preference, _ in both if turns else sided:
        if not baseline or base == baseline:
            judged.setdefault(model, []).append(preference)
    duels = found.duels if by == PEOPLE else tuple(duel for *_, duel in sided if duel is not None)
    order = [name for name in names if name in judged] + [name for name in judged if name not in names]
    return WinSheet(
        of.name,
        by,
        baseline,
        {name: win_rate(judged[name]) for name in order},
        strength.ranking(duels),
        strength.matrix(duels),
        dict(sources),
        dict(baselines),
    )


_Sided = tuple[str, str, Preference, Duel | None]


def _of_people(found: Judgements) -> Sequence[_Sided]:
    return [
        (
            duel.first,
            duel.second,
            Preference(
                duel.task,
                1 + duel.outcome,
                found.lengths.get((duel.second, duel.task), 0),
                found.lengths.get((duel.first, duel.task), 0),
            ),
            duel,
        )
        for duel in found.duels
    ]


def _sides(each: StoredPreference) -> _Sided:
    duel = None
    if each.preference is not None:
        share = 0.5 if each.preference == 0 else each.preference - 1
        duel = Duel(each.task_id, each.model, each.baseline, share, False, each.annotator)
    judged = Preference(each.task_id, each.preference, each.baseline_length, each.model_length)
    return each.model, each.baseline, judged, duel


def _turned(sided: _Sided) -> _Sided:
    """The same judgement from the other side."""
    model, base, each, duel = sided
    value = each.preference if not each.preference else 3 - each.preference
    return base, model, Preference(each.task, value, each.model_length, each.baseline_length), duel


def _json(each: WinRate) -> dict[str, Any]:
    return {
        "n": each.n,
        "wins": each.wins,
        "losses": each.losses,
        "draws": each.draws,
        "left_out": each.left_out,
        "win_rate": each.win_rate,
        "standard_error": each.standard_error,
        "low": each.interval.low,
        "high": each.interval.high,
        "tied": each.is_tied,
        "length_controlled": each.length_controlled,
        "length_controlled_undefined": each.length_controlled_because or None,
        "length": each.length,
    }
