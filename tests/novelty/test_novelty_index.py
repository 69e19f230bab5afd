"""One text against a growing pool."""

import pytest

from core.novelty.arrival import Stopped
from core.novelty.index import SEGMENT, Neighbour, NoveltyIndex
from core.novelty.tokens import Tokeniser, tokenise
from tests.novelty.corpora import assorted_texts, plain_score


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


def test_the_closest_are_the_best_of_a_full_sort():
    texts = assorted_texts(300, seed=2)
    index = pool_of(*texts)
    for query in texts[::23]:
        scores = [plain_score(tokenise(query), tokenise(text)) for text in texts]
        best = sorted(range(len(texts)), key=lambda at: (-scores[at], at))
        assert index.closest(query, 10) == tuple(Neighbour(100 + at, scores[at]) for at in best[:10])
        assert index.similar(query, 0.4) == tuple(Neighbour(100 + at, scores[at]) for at in best if scores[at] >= 0.4)


def test_looking_never_changes_the_pool():
    index = pool_of("Write a poem")
    before = index.closest("unheard words here")
    index.nearest("entirely other unheard words")
    assert index.closest("unheard words here") == before
    assert len(index) == 1


def test_a_pool_grows_past_its_first_segments_and_forgets_nothing():
    index = NoveltyIndex()
    count = 2 * SEGMENT + 5
    for key in range(count):
        index.add(key, f"task number {key}")
    assert len(index) == count == len(index.scores("x"))
    for key in (0, 1, 1023, 1024, SEGMENT - 1, SEGMENT, 2 * SEGMENT, count - 1):
        assert index.nearest(f"Task number {key}") == Neighbour(key, 1.0)


def test_the_nearest_of_each_is_the_nearest_asked_one_by_one():
    texts = assorted_texts(330, seed=3)
    index = pool_of(*texts[:40])
    steps = []
    found = index.nearest_of_each(texts, on_progress=lambda done, total: steps.append((done, total)))
    assert found == tuple(index.nearest(text) for text in texts)
    assert steps == [(256, 330), (330, 330)]


def test_the_nearest_of_each_stops_when_asked():
    with pytest.raises(Stopped):
        pool_of("a").nearest_of_each(["a", "b"], should_stop=lambda: True)
