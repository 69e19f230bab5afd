"""A judge's own sheet: does it agree with people, does it favour what it reads first, or the longer answer?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.database import Database
from core.evaluation.blindness import owing
from core.evaluation.judged import Judgements, judgements
from core.evaluation.resampling import SEED, Interval, mean
from core.evaluation.rows import preferences, sets
from core.evaluation.rows.preferences import StoredPreference
from core.evaluation.words import StillRating
from core.moments import moment
from core.records import Refused

_DRAWS = 4000
_PEOPLE_FOR_AN_ESTIMATE = 20


@dataclass(frozen=True, slots=True)
class JudgeSheet:
    """What is known of one annotator on one set; shares in percent with intervals that resample tasks.

    `consistent`: pairs judged alike in both orders, of `both_orders`. `prefers_first`: of decided judgements, the
    answer read first won. `prefers_longer`: of those with answers of different lengths, the longer one won. `agrees`:
    with people's majority on the same task and pair (a tie is an outcome too), over `shared` pairs. `estimate`:
    people's win rate of `model` over everything that was judged, from the pairs that people judged, stratified after
    the judge's verdict (Jeffreys draws); it holds where those were drawn at random.
    """

    annotator: str
    model: str
    baseline: str
    judgements: int
    unparsed: int
    both_orders: int
    consistent: Interval
    prefers_first: Interval
    prefers_longer: Interval
    shared: int
    agrees: Interval
    estimate: Interval
    estimate_because: str
    since: float
    until: float
    prompt_hashes: tuple[str, ...]
    warning: str

    def as_json(self) -> dict[str, Any]:
        """Return every figure with its bounds."""
        shares = ("consistent", "prefers_first", "prefers_longer", "agrees", "estimate")
        told: dict[str, Any] = {name: getattr(self, name) for name in type(self).__slots__ if name not in shares}
        for name in shares:
            its: Interval = getattr(self, name)
            told[name] = {"percent": its.value, "low": its.low, "high": its.high}
        judged = {"since": moment(self.since), "until": moment(self.until)}
        return {**told, **judged, "prompt_hashes": list(self.prompt_hashes)}


def judge_sheet(database: Database, set_name: str, annotator: str, reader: str) -> JudgeSheet | StillRating:
    """Return an annotator's sheet; StillRating while the reader owes judgements. Refused where it judged nothing."""
    with database.read() as c:
        of = sets.get(c, set_name)
        owed = owing(c, of, reader)
        if owed is not None:
            return owed
        its = [each for each in preferences.of_set(c, of.id) if each.annotator == annotator]
        people = judgements(c, of)
    if not its:
        raise Refused(f"{annotator} has judged nothing of {set_name}.")
    (model, baseline), _ = Counter((each.model, each.baseline) for each in its).most_common(1)[0]
    return _sheet(annotator, model, baseline, its, people)


def _sheet(
    annotator: str, model: str, baseline: str, its: Sequence[StoredPreference], people: Judgements
) -> JudgeSheet:
    told = [each for each in its if each.preference is not None]
    first = [(float(_won_first(each)), each.task_id) for each in told if each.preference not in (0, 1.5)]
    uneven = [each for each in told if each.preference not in (0, 1.5) and each.model_length != each.baseline_length]
    longer = [(float((each.model_length > each.baseline_length) == _model_won(each)), each.task_id) for each in uneven]
    pairs = _by_pair(told)
    twice = {pair: given for pair, given in pairs.items() if len({first_ for first_, _ in given}) > 1}
    alike = [(float(len({round(share, 6) for _, share in given}) == 1), pair[0]) for pair, given in twice.items()]
    verdicts = {pair: float(np.mean([share for _, share in given])) for pair, given in pairs.items()}
    human = _people(people)
    shared = [pair for pair in verdicts if pair in human]
    agrees = [(float(_outcome(verdicts[pair]) == _outcome(human[pair])), pair[0]) for pair in shared]
    mine = {pair: share for pair, share in verdicts.items() if pair[1:] == (model, baseline)}
    estimate, why = _estimate(mine, human)
    judges_itself = annotator.split(" #")[0] in (model, baseline)
    return JudgeSheet(
        annotator,
        model,
        baseline,
        len(its),
        len(its) - len(told),
        len(twice),
        _percent(alike),
        _percent(first),
        _percent(longer),
        len(shared),
        _percent(agrees),
        estimate,
        why,
        min(each.created_at for each in its),
        max(each.created_at for each in its),
        tuple(sorted({each.prompt_hash for each in its if each.prompt_hash})),
        "It judges its own answers here; judges prefer their own." if judges_itself else "",
    )


_Pair = tuple[int, str, str]  # task, model, baseline


def _by_pair(told: Sequence[StoredPreference]) -> Mapping[_Pair, list[tuple[bool, float]]]:
    """(model was read first, the model's share) of each task and pair."""
    found: defaultdict[_Pair, list[tuple[bool, float]]] = defaultdict(list)
    for each in told:
        share = 0.5 if not each.preference else each.preference - 1
        found[(each.task_id, each.model, each.baseline)].append((each.model_first, share))
    return found


def _people(people: Judgements) -> Mapping[_Pair, float]:
    """People's mean share of the first model of each pair, both ways round."""
    found: defaultdict[_Pair, list[float]] = defaultdict(list)
    for duel in people.duels:
        found[(duel.task, duel.first, duel.second)].append(duel.outcome)
        found[(duel.task, duel.second, duel.first)].append(1 - duel.outcome)
    return {pair: sum(shares) / len(shares) for pair, shares in found.items()}


def _estimate(judged: Mapping[_Pair, float], human: Mapping[_Pair, float]) -> tuple[Interval, str]:
    """Post-stratify people's sample by the judge's verdict: a Dirichlet with Jeffreys' prior in each stratum."""
    sizes = Counter(_outcome(share) for share in judged.values())
    seen: dict[int, list[int]] = {stratum: [0, 0, 0] for stratum in sizes}
    for pair, share in judged.items():
        if pair in human:
            seen[_outcome(share)][_outcome(human[pair]) + 1] += 1
    n = sum(sum(counts) for counts in seen.values())
    if n < _PEOPLE_FOR_AN_ESTIMATE:
        return Interval(None), f"People have judged {n} of these pairs; {_PEOPLE_FOR_AN_ESTIMATE} make an estimate."
    draw = np.random.default_rng(SEED)
    whole = np.zeros(_DRAWS)
    value = 0.0
    for stratum, size in sizes.items():
        prior = np.array(seen[stratum]) + 0.5
        shares = draw.dirichlet(prior, _DRAWS) @ np.array([0.0, 0.5, 1.0])
        whole += size / len(judged) * shares
        value += size / len(judged) * float(prior @ np.array([0.0, 0.5, 1.0]) / prior.sum())
    low, high = np.quantile(whole, [0.025, 0.975])
    return Interval(100 * value, 100 * float(low), 100 * float(high)), ""


def _outcome(share: float) -> int:
    return 0 if abs(share - 0.5) < 1e-9 else 1 if share > 0.5 else -1


def _model_won(each: StoredPreference) -> bool:
    return (each.preference or 0) > 1.5


def _won_first(each: StoredPreference) -> bool:
    return _model_won(each) == each.model_first


def _percent(values: Sequence[tuple[float, int]]) -> Interval:
    return mean([100 * value for value, _ in values], [task for _, task in values])
