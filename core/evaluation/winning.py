"""Win rates of a set's models: by people (blind), by a judge asked here, or by annotations made elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.database import Database
from core.evaluation import strength
from core.evaluation.blindness import enter
from core.evaluation.judged import Judgements, judgements
from core.evaluation.rows import preferences, responses
from core.evaluation.rows.preferences import StoredPreference
from core.evaluation.strength import Duel, Ranking, Tally
from core.evaluation.winrates import VARIANT, Preference, Verdicts, WinRate, share, win_rate
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
    of = enter(database, set_name, reader)
    if isinstance(of, StillRating):
        return of
    with database.read() as c:
        stored = preferences.of_set(c, of.id)
        found = judgements(c, of)
        names = [each.model.name for each in responses.answered(c, of.id)]
    sources = Counter(each.annotator for each in stored)
    if found.duels:
        sources[PEOPLE] = len(found.duels)
    if not by:
        by = stored[-1].annotator if stored else PEOPLE
    if by not in sources and (sources or by != PEOPLE):
        there = ", ".join(sources) or "nobody yet"
        raise Refused(f"No judgement of {set_name} is by {by}; there are some by {there}.")
    sides = _of_people(found) if by == PEOPLE else _of_annotator([each for each in stored if each.annotator == by])
    baselines = Counter(sides.baselines)
    if by != PEOPLE and not baseline:
        baseline = baselines.most_common(1)[0][0]
    turns = by == PEOPLE or baseline not in baselines
    compared = {*baselines, *(sides.models if turns else ())}
    if baseline and baseline not in compared:
        raise Refused(f"Nothing by {by} compares with {baseline}; the baselines are {', '.join(baselines) or 'none'}.")
    judged = sides.by_model(baseline, turns)
    duels = found.duels if by == PEOPLE else _duels(each for each in stored if each.annotator == by)
    rates = {name: win_rate(verdicts) for name, verdicts in judged.items()}
    place = {name: at for at, name in enumerate(names)}

    def rank(name: str) -> tuple[float, int]:
        return -(rates[name].win_rate or 0.0), place.get(name, len(place))

    return WinSheet(
        of.name,
        by,
        baseline,
        {name: rates[name] for name in sorted(rates, key=rank)},
        strength.ranking(duels),
        strength.matrix(duels),
        dict(sources),
        dict(baselines),
    )


@dataclass(frozen=True, slots=True)
class _Sides:
    """Judgements, each with the model judged and the baseline that it was compared with."""

    models: Sequence[str]
    baselines: Sequence[str]
    verdicts: Verdicts

    def by_model(self, baseline: str, turns: bool) -> dict[str, Verdicts]:
        """Return each model's verdicts against `baseline` ("" for all), also seen from the other side if it `turns`."""
        found = _grouped(self.models, self.baselines, self.verdicts, baseline)
        if turns:
            for name, verdicts in _grouped(self.baselines, self.models, self.verdicts.turned(), baseline).items():
                found[name] = found[name] + verdicts if name in found else verdicts
        return found


def _grouped(models: Sequence[str], against: Sequence[str], verdicts: Verdicts, baseline: str) -> dict[str, Verdicts]:
    places: dict[str, list[int]] = {}
    for at, (name, base) in enumerate(zip(models, against, strict=True)):
        if not baseline or base == baseline:
            places.setdefault(name, []).append(at)
    return {name: verdicts.those(np.array(its)) for name, its in places.items()}


def _of_people(found: Judgements) -> _Sides:
    duels, lengths = found.duels, found.lengths
    return _Sides(
        [duel.first for duel in duels],
        [duel.second for duel in duels],
        Verdicts(
            np.array([duel.outcome for duel in duels], dtype=np.float64),
            np.array([duel.task for duel in duels], dtype=np.int64),
            np.array([lengths.get((duel.second, duel.task), 0) for duel in duels], dtype=np.int64),
            np.array([lengths.get((duel.first, duel.task), 0) for duel in duels], dtype=np.int64),
        ),
    )


def _of_annotator(stored: Sequence[StoredPreference]) -> _Sides:
    judged = [Preference(each.task_id, each.preference, each.baseline_length, each.model_length) for each in stored]
    return _Sides([each.model for each in stored], [each.baseline for each in stored], Verdicts.of(judged))


def _duels(stored: Iterable[StoredPreference]) -> tuple[Duel, ...]:
    return tuple(
        Duel(each.task_id, each.model, each.baseline, share(each.preference), False, each.annotator)
        for each in stored
        if each.preference is not None
    )


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
