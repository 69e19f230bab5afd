"""One text against a growing pool."""

import numpy as np
import pytest

from core.novelty import index as index_module
from core.novelty.arrival import MeasuringStopped
from core.novelty.index import Neighbour, NoveltyIndex
from core.novelty.tokens import Tokeniser
from tests.novelty.corpora import assorted_texts, plain_scores


def pool_of(*texts, tokeniser=Tokeniser.PAPER):
    index = NoveltyIndex(tokeniser)
    for key, text in enumerate(texts, 100):
        index.add(key, text)
    return index


def test_an_empty_pool_has_no_nearest():
    assert pool_of().nearest("Write a poem") is None
    assert pool_of().closest("Write a poem") == ()
    assert pool_of().similar("Write a poem", 0.1) == ()
    assert pool_of().nearest_of_each(["Write a poem"]) == ()


def test_the_nearest_is_found_with_its_score():
    index = pool_of("Name five cats", "Write a poem about the sea", "Bake bread")
    assert index.nearest("Write a poem about a tree") == Neighbour(101, 2 * 4 / 12)


def test_a_text_without_tokens_scores_nothing_against_everything():
    index = pool_of("写一首诗", "Write a poem", "")
    assert index.nearest("写一首诗") == Neighbour(100, 0.0)
    assert index.nearest("") == Neighbour(100, 0.0)


def test_chinese_is_compared_by_the_unicode_tokeniser():
    index = pool_of("写一首关于海的诗", "列出五种猫", tokeniser=Tokeniser.UNICODE)
    assert index.nearest("写一首关于树的诗") == Neighbour(100, 7 / 8)


def test_equal_scores_come_in_order_of_arrival():
    index = pool_of("a b x", "a b y", "q", "a b z", "a b x")
    assert [n.key for n in index.closest("a b c", 10)] == [100, 101, 103, 104, 102]
    assert [n.key for n in index.closest("a b c", 3)] == [100, 101, 103]
    assert [n.key for n in index.similar("a b c", 2 / 3)] == [100, 101, 103, 104]
    assert index.nearest("a b c").key == 100


@pytest.mark.parametrize("first_look", [1, 20, 256])
def test_the_closest_are_the_best_of_a_full_sort(first_look, monkeypatch):
    monkeypatch.setattr(index_module, "FIRST_LOOK", first_look)
    texts = assorted_texts(300, seed=2)
    index = pool_of(*texts)
    textbook = plain_scores(texts)
    for at, query in [(at, texts[at]) for at in range(0, len(texts), 23) if texts[at]]:
        scores = [textbook[max(at, other)][min(at, other)] if at != other else 1.0 for other in range(len(texts))]
        best = sorted(range(len(texts)), key=lambda other, scores=scores: (-scores[other], other))
        assert index.closest(query, 10) == tuple(Neighbour(100 + at, scores[at]) for at in best[:10])
        assert index.similar(query, 0.4) == tuple(Neighbour(100 + at, scores[at]) for at in best if scores[at] >= 0.4)


def test_looking_never_changes_the_pool():
    index = pool_of("Write a poem")
    before = index.closest("unheard words here")
    index.nearest("entirely other unheard words")
    assert index.closest("unheard words here") == before
    assert len(index) == 1


def test_a_pool_grows_and_forgets_nothing():
    index = NoveltyIndex()
    for key in range(5000):
        index.add(key, f"task number {key}")
    assert len(index) == 5000
    for key in (0, 1, 1023, 1024, 2047, 2048, 4999):
        assert index.nearest(f"Task number {key}") == Neighbour(key, 1.0)


def test_only_the_chosen_members_are_neighbours():
    texts = assorted_texts(300, seed=12)
    index = pool_of(*texts)
    among = np.arange(300) % 3 == 0
    for query in texts[::29]:
        every = index.closest(query, 300)
        assert index.closest(query, 10, among=among) == tuple(n for n in every if (n.key - 100) % 3 == 0)[:10]
    assert index.closest(texts[0], 10, among=np.zeros(300, bool)) == ()


def test_the_nearest_of_each_is_the_nearest_asked_one_by_one(monkeypatch):
    monkeypatch.setattr(index_module, "BLOCK_CELLS", 256 * 40)
    texts = assorted_texts(330, seed=3)
    index = pool_of(*texts[:40])
    steps = []
    found = index.nearest_of_each(texts, on_progress=lambda done, total: steps.append((done, total)))
    assert found == tuple(index.nearest(text) for text in texts)
    assert steps == [(256, 330), (330, 330)]


def test_the_nearest_of_each_stops_when_asked():
    with pytest.raises(MeasuringStopped):
        pool_of("a").nearest_of_each(["a", "b"], should_stop=lambda: True)
