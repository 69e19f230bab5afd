"""What depends on the rows beside one: how close they are, how many of a task, a verb or a kind there may be.

Each step sees what the one before let pass, in order of arrival, and where there are too many the first to arrive stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence

import sqlalchemy as sa

from core.evaluation import checking
from core.pool import pool_settings, pools
from core.records import Pool, Refused
from core.release.predicate import Predicate
from core.release.reasons import Reason
from core.release.rows import release_rows
from core.release.rows.release_rows import Fact
from core.words import number_of

Keeps = Callable[[Sequence[Fact]], list[bool]]
"""One truth value a row: whether it stays."""


def steps(c: sa.Connection, pool_id: int, rule: Predicate) -> Iterator[tuple[Reason, Keeps]]:
    """The steps that the rule asks for, in their order, each with the reason of those that it leaves behind.

    Raises Refused where the rule counts root verbs and the pool's tasks have not been parsed.
    """
    pool = pools.by_id(c, pool_id)
    if checking.any_sealed(c, pool):
        yield Reason.CONTAMINATED, lambda passing: _clean(c, pool, passing)
    if rule.away_from:
        yield Reason.AWAY, lambda passing: _far(c, pool_id, passing, rule)
    if rule.novelty is not None:
        yield Reason.TOO_CLOSE, lambda passing: _novel(c, pool_id, passing, rule.novelty or 1.0)
    if rule.max_per_task is not None:
        yield Reason.PER_TASK, _first(lambda fact: fact.task_id, rule.max_per_task)
    if rule.max_per_verb is not None:
        yield Reason.PER_VERB, lambda passing: _by_verb(c, pool_id, passing, rule.max_per_verb or 1)
    if rule.max_classification is not None or rule.max_classification_share is not None:
        yield Reason.CLASSIFICATION, lambda passing: _balanced(passing, rule)


def _clean(c: sa.Connection, pool: Pool, passing: Sequence[Fact]) -> list[bool]:
    """Keep what no evaluation set holds: whoever learns from it can be judged by them."""
    near = checking.near_rows(c, pool, [fact.instance_id for fact in passing])
    return [fact.instance_id not in near for fact in passing]


def _first(key: Callable[[Fact], Hashable | None], most: int) -> Keeps:
    """Keep the first rows of each key; rows without one all stay."""

    def keeps(passing: Sequence[Fact]) -> list[bool]:
        seen: Counter[Hashable] = Counter()
        kept = []
        for fact in passing:
            its = key(fact)
            seen[its] += its is not None
            kept.append(its is None or seen[its] <= most)
        return kept

    return keeps


def _by_verb(c: sa.Connection, pool_id: int, passing: Sequence[Fact], most: int) -> list[bool]:
    verbs = release_rows.verbs(c, pool_id)
    unread = {fact.task_id for fact in passing} - verbs.keys()
    if unread:
        raise Refused(
            f"The rule limits root verbs, and {number_of(len(unread), 'task')} that pass so far have not been "
            f"parsed; open the "
            "page Diversity, which parses the pool, and come back."
        )
    return _first(lambda fact: verbs[fact.task_id], most)(passing)


def _balanced(passing: Sequence[Fact], rule: Predicate) -> list[bool]:
    most = len(passing) if rule.max_classification is None else rule.max_classification
    share = rule.max_classification_share
    if share is not None and share < 1:
        others = sum(not fact.is_classification for fact in passing)
        most = min(most, next(n for n in _near(share * others / (1 - share)) if n <= share * (n + others)))
    return _first(lambda fact: "classification" if fact.is_classification else None, most)(passing)


def _near(count: float) -> Iterator[int]:
    """Whole numbers from just above a count downwards: a division may miss by its last bit."""
    yield from range(int(count) + 1, -1, -1)


def _far(c: sa.Connection, pool_id: int, passing: Sequence[Fact], rule: Predicate) -> list[bool]:
    from core.novelty import NoveltyIndex

    index = NoveltyIndex(pool_settings.of(pools.by_id(c, pool_id)).tokeniser)
    for place, text in enumerate(rule.away_from):
        index.add(place, text)
    ids, texts = _instructions(c, passing)
    far = {
        task_id: near.score <= rule.away_threshold
        for task_id, near in zip(ids, index.nearest_of_each(texts), strict=True)
    }
    return [far[fact.task_id] for fact in passing]


def _novel(c: sa.Connection, pool_id: int, passing: Sequence[Fact], threshold: float) -> list[bool]:
    from core.novelty import admit

    ids, texts = _instructions(c, passing)
    kept = dict(
        zip(
            ids, admit(texts, threshold, pool_settings.of(pools.by_id(c, pool_id)).tokeniser).kept.tolist(), strict=True
        )
    )
    return [kept[fact.task_id] for fact in passing]


def _instructions(c: sa.Connection, passing: Sequence[Fact]) -> tuple[list[int], list[str]]:
    ids = list(dict.fromkeys(fact.task_id for fact in passing))
    return ids, list(release_rows.instructions(c, ids))
