"""Of all similar pairs few are kept, and they say at every threshold what all of them say."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from core.novelty import condense
from core.novelty.arrival import Pairs, Positions, ScoreArray
from core.novelty.condense import GRID, Condensed, Condensing, DecidingPairs
from core.novelty.join import similar_pairs
from core.novelty.replay import replay
from tests.novelty.corpora import assorted_texts

FIXED = 40
TEXTS = assorted_texts(900, 4, words=14)
SHOWN = np.array([at >= FIXED and at % 5 != 0 for at in range(len(TEXTS))])


@pytest.fixture(scope="module", autouse=True)
def short_stretches() -> Iterator[None]:
    """What is known of texts so near in time lets go of most pairs, as it does in a large pool."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(condense, "STRETCH", 4)
        yield


def condensed(stops: int = 1) -> tuple[Condensed, Pairs]:
    """Condensed in so many goes, each of what the one before left."""
    state, found = None, list[DecidingPairs]()
    while state is None or state.done < len(TEXTS):
        begun = Condensing(TEXTS, SHOWN, fixed=FIXED, known=state)
        for pairs in begun.pairs():
            found.append(pairs)
            if len(found) < stops:
                break
        state = begun.rest()
    later, earlier, score = (np.concatenate([getattr(one, name) for one in found]) for name in PARTS)
    return state, Pairs(later, earlier, score, 0.5)


PARTS = ("later", "earlier", "score")


def test_most_pairs_are_not_compared(monkeypatch: pytest.MonkeyPatch, every: Pairs) -> None:
    came = 0
    plain = Condensing._take

    def take(self: Condensing, later: Positions, *rest: Positions) -> tuple[Positions, Positions, ScoreArray]:
        nonlocal came
        came += len(later)
        return plain(self, later, *rest)

    monkeypatch.setattr(Condensing, "_take", take)
    condensed()
    assert 0 < came < len(every) / 2


@pytest.fixture(scope="module")
def every() -> Pairs:
    return similar_pairs(TEXTS)


@pytest.fixture(scope="module", params=[1, 2], ids=["in one go", "resumed"])
def found(request: pytest.FixtureRequest) -> tuple[Condensed, Pairs]:
    return condensed(request.param)


def test_the_gate_decides_with_them_as_with_all_pairs(found: tuple[Condensed, Pairs], every: Pairs) -> None:
    state, deciding = found
    assert len(deciding) < len(every) / 3
    for bit, threshold in enumerate(GRID):
        whole, few = (replay(pairs, len(TEXTS), threshold, fixed=FIXED) for pairs in (every, deciding))
        assert (few.kept == whole.kept).all()
        assert ((state.kept >> np.uint64(bit) & np.uint64(1)).astype(bool) == whole.kept).all()
        repeats = np.isin(np.arange(len(TEXTS)), every.later[every.score == 1.0])
        assert (few.nearest == whole.nearest)[~repeats].all() and (few.score == whole.score)[~repeats].all()


def matrix(pairs: Pairs) -> NDArray[np.float64]:
    """The score of every two texts, 0 where none is kept; repeats have those of the first of their tokens."""
    scores = np.zeros((len(TEXTS), len(TEXTS)))
    scores[pairs.later, pairs.earlier] = pairs.score
    first = np.arange(len(TEXTS))
    same = pairs.score == 1.0
    first[pairs.later[same]] = pairs.earlier[same]
    scores = np.maximum(scores, scores.T)[first][:, first]
    scores[first[:, None] == first[None, :]] = 1.0
    scores[[at for at, text in enumerate(TEXTS) if not text.strip()]] = 0.0
    np.fill_diagonal(scores, 0.0)
    return scores


def test_the_nearest_other_one_is_that_of_all_pairs(found: tuple[Condensed, Pairs], every: Pairs) -> None:
    state, scores = found[0], matrix(every)
    scores[~SHOWN] = scores[:, ~SHOWN] = 0.0
    assert (state.closest == scores.max(axis=1)).all()
    near = state.nearest >= 0
    assert (near == (state.closest > 0)).all()
    assert (scores[np.flatnonzero(near), state.nearest[near]] == state.closest[near]).all()


def test_what_hangs_together_is_that_of_all_pairs_at_every_score(found: tuple[Condensed, Pairs], every: Pairs) -> None:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    one, other, score = found[0].forest
    scores = matrix(every)
    scores[~SHOWN] = scores[:, ~SHOWN] = 0.0
    assert len(one) < SHOWN.sum()
    for threshold in (0.5, 0.55, 0.6, 0.613, 2 / 3, 0.7, 0.8, 0.91, 1.0):
        near = score >= threshold
        joined = coo_array((np.ones(near.sum()), (one[near], other[near])), shape=scores.shape)
        n_few, few = connected_components(joined, directed=False)
        n_all, whole = connected_components(coo_array(scores >= threshold), directed=False)
        assert n_few == n_all and len(set(zip(few, whole, strict=True))) == n_all


def test_a_forest_is_made_anew_whenever_there_is_no_room(
    monkeypatch: pytest.MonkeyPatch, found: tuple[Condensed, Pairs]
) -> None:
    monkeypatch.setattr("core.novelty.condense.EDGES", 7)
    state, _ = condensed()
    assert sorted(state.forest[2]) == sorted(found[0].forest[2])
