"""A map by a model's embeddings: what servers refuse is found out or said, and what is paid is paid once."""

from __future__ import annotations

import base64
import json
import math
import warnings
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from core import pools
from core.database import Database
from core.database.schema import embedding_asks, embeddings, replies
from core.llm import book, vectors
from core.llm import target as models
from core.llm.diagnosis import Asked
from core.llm.errors import BadReply
from core.llm.prices import Price
from core.llm.providers import provider
from core.llm.reading import answer_in
from core.llm.target import Target
from core.llm.vectors import VectorSource, read_vectors
from core.maps import embedding, job, view
from core.maps.placing import principal
from core.maps.recipe import MapRecipe
from core.maps.rows import maps
from core.pool import arrivals
from core.pool.arrivals import NewTask
from core.records import Budget, Endpoint, Origin, Refused, Run, RunState
from core.runs import control, runner
from tests.fake_openai import FakeOpenAI
from tests.fake_replies import vector_of

KINDS, THINGS = ("short", "sad", "long", "odd"), ("sea", "rain", "salt", "moon", "fog")
TEXTS = [f"Write a {kind} poem about the {thing}." for kind in KINDS for thing in THINGS]
LONG = " ".join(["describe the harbour at dusk"] * 160)  # 800 words


@pytest.fixture(autouse=True)
def placed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The layout has tests of its own: here each text lies at the first two numbers that the process is handed."""

    def made(job_: Any, target: Any, recipe: Any, texts: Any) -> dict[str, Any]:
        handed = list(job._handed(job_, target, recipe, texts))
        assert handed[0]["texts"] == list(texts.values())
        n = len(texts)
        even = {"x": [0.5] * n, "y": [0.5] * n, "density": [1.0] * n, "trust": 1.0, "trusted": n}
        return {**even, "titles": [], "made_with": {}}

    monkeypatch.setattr(job, "_made", made)


@pytest.fixture
def pool_id(database: Database) -> int:
    return filled(database, TEXTS)


def filled(database: Database, texts: list[str]) -> int:
    pool = pools.make(database, "poems", own_seeds=[])
    with database.write() as c:
        arrivals.add(c, pool.id, [NewTask(Origin.IMPORT, text) for text in texts])
    return pool.id


def recipe(server: FakeOpenAI, **other: Any) -> MapRecipe:
    return MapRecipe(**{"embeddings": "fake", "address": server.url, **other})


def made(database: Database, pool_id: int, server: FakeOpenAI, budget: Budget | None = None, **other: Any) -> Run:
    anew = other.pop("anew", False)
    return job.make_here(database, pool_id, recipe(server, **other), lambda counts: None, budget, anew=anew)


def source(server: FakeOpenAI, prefix: str = "") -> VectorSource:
    return VectorSource(server.url, "fake", prefix)


def kept(database: Database, pool_id: int, server: FakeOpenAI) -> dict[str, int | None]:
    with database.read() as c:
        return vectors.kept(c, pool_id, source(server))


def asked_for(server: FakeOpenAI) -> list[str]:
    return [text for request in server.requests for text in request.body["input"]]


def test_each_text_is_asked_for_once_and_new_texts_alone_are_paid_for_again(database: Database, pool_id: int) -> None:
    with FakeOpenAI() as server:
        run = made(database, pool_id, server, prefix="query: ")
        assert run.state is RunState.DONE and run.message.startswith("20 instructions placed")
        assert sorted(asked_for(server)) == sorted(f"query: {text}" for text in TEXTS)
        assert server.requests[0].path.endswith("/v1/embeddings")
        assert run.counts["requests"] == 1 and run.counts["prompt_tokens"] == sum(len(t.split()) + 1 for t in TEXTS)
        with database.write() as c:
            arrivals.add(c, pool_id, [NewTask(Origin.IMPORT, "Name a tree.")])
        again = job.embeddings_ahead(database, pool_id, recipe(server, prefix="query: "))
        assert (again.texts, again.kept, again.requests) == (21, 20, 1)
        made(database, pool_id, server, prefix="query: ")
        assert asked_for(server)[20:] == ["query: Name a tree."]
        assert (
            job.embeddings_ahead(database, pool_id, recipe(server)).kept == 0
        )  # without the prefix it is another space
    shown = view.newest(database, pool_id)
    assert shown is not None and not shown.is_stale and "embeddings of fake (127.0.0.1)" in shown.recipe.sentence


def test_the_vectors_are_kept_small_in_the_order_of_the_texts_and_apart_from_the_reply(
    database: Database, pool_id: int
) -> None:
    with FakeOpenAI() as server:
        run = made(database, pool_id, server)
        with database.read() as c:
            texts = dict(maps.texts(c, pool_id))
            found = vectors.unpacked(list(vectors.vectors(c, pool_id, source(server), list(texts))))
            assert c.execute(sa.select(sa.func.count()).select_from(embedding_asks)).scalar_one() == 0
    assert np.allclose(found, [vector_of(text) for text in texts.values()], atol=1e-3)
    (stored,) = book.of_run(database, run.id)
    assert stored.reply is not None and stored.endpoint is Endpoint.EMBEDDINGS
    assert stored.reply.body["data"] == "20 embeddings, kept apart" and stored.reply.fate.value == "answered"


@pytest.mark.parametrize("like", ["tei", "dashscope", "openai-embeddings", "plain-numbers"])
def test_what_a_server_does_not_take_together_or_packed_goes_in_parts_or_as_it_is(
    database: Database, like: str
) -> None:
    pool_id = filled(database, [f"{text} {n}" for n in range(4) for text in TEXTS])
    with FakeOpenAI(like=like) as server:
        run = made(database, pool_id, server)
        assert run.state is RunState.DONE, run.message
        assert len(kept(database, pool_id, server)) == 80
        most = {"tei": 32, "dashscope": 10}.get(like, 64)
        taken = [request for request in server.requests if len(request.body["input"]) <= most]
        assert sum(server.answered.values()) <= len(taken) and run.counts["requests"] == sum(server.answered.values())


@pytest.mark.parametrize("like", ["tei", "llama-embeddings", "ollama-embeddings"])
def test_a_text_that_is_too_long_is_read_by_its_beginning_and_that_is_said(database: Database, like: str) -> None:
    pool_id = filled(database, [*TEXTS, LONG])
    with FakeOpenAI(like=like) as server:
        run = made(database, pool_id, server)
        assert run.state is RunState.DONE, run.message
        assert "1 were too long for the model and are placed by their beginning" in run.message
        cut = [to for to in kept(database, pool_id, server).values() if to is not None]
        assert len(kept(database, pool_id, server)) == 21 and cut == [len(LONG) // 2]


@pytest.mark.parametrize("like", ["openai-chat", "vllm-generates", "llama-server"])
def test_a_model_that_makes_no_embeddings_is_told_at_once_in_one_sentence(
    database: Database, pool_id: int, like: str
) -> None:
    with FakeOpenAI(like=like) as server:
        run = made(database, pool_id, server)
        assert run.state is RunState.FAILED and len(server.requests) <= 8  # those that were on their way together
        assert 'The model "fake" at' in run.message and "makes no embeddings" in run.message
        assert "TF-IDF" in run.message and run.message.count("What came is kept") == 1


def test_a_server_without_that_path_and_a_reply_without_any_are_told_apart(database: Database, pool_id: int) -> None:
    with FakeOpenAI(endpoints=("chat",)) as server:
        assert "makes no embeddings" in made(database, pool_id, server).message
    with pytest.raises(BadReply, match="it has no embeddings"):
        answer_in(Asked(provider("openai"), "", "fake", Endpoint.EMBEDDINGS), {"data": []})


@pytest.mark.parametrize("useless", [math.nan, math.inf, 0.0, "ten", None])
def test_a_vector_that_is_of_no_use_is_asked_for_alone_once_more_and_then_left_out(
    database: Database, pool_id: int, useless: Any
) -> None:
    def wrong(text: str) -> Any:
        return vector_of(text) if text != TEXTS[3] else [useless] * 24 if isinstance(useless, float) else useless

    with FakeOpenAI(vector=wrong) as server:
        run = made(database, pool_id, server)
        assert run.state is RunState.DONE and "1 text has no embedding" in run.message
        assert asked_for(server).count(TEXTS[3]) == 2 and len(asked_for(server)) == 21
    shown = view.newest(database, pool_id)
    assert shown is not None and shown.left_out == 1 and len(shown) == 19 and not shown.is_stale


def test_a_model_whose_vectors_are_all_of_no_use_is_given_up_at_once(database: Database, pool_id: int) -> None:
    with FakeOpenAI(vector=lambda text: [0.0] * 24) as server:
        run = made(database, pool_id, server)
        assert run.state is RunState.FAILED and "gives no embeddings of use" in run.message
        assert len(server.requests) == 1


def test_a_vector_a_token_stands_for_its_text_by_the_mean(database: Database, pool_id: int) -> None:
    """So does llama.cpp answer for a model that writes, whatever packing was asked for (seen 2026-11-22)."""
    with FakeOpenAI(vector=lambda text: [vector_of(word) for word in text.split()]) as server:
        assert made(database, pool_id, server).state is RunState.DONE
        with database.read() as c:
            (key, text), *_ = maps.texts(c, pool_id)
            found = vectors.unpacked(list(vectors.vectors(c, pool_id, source(server), [key])))[0]
    mean = np.mean([vector_of(word) for word in text.split()], axis=0)
    assert np.allclose(found, mean / np.linalg.norm(mean), atol=1e-3)


def test_another_model_under_the_same_name_is_refused_until_all_are_asked_for_anew(
    database: Database, pool_id: int
) -> None:
    with FakeOpenAI() as server:
        made(database, pool_id, server)
        with database.write() as c:
            arrivals.add(c, pool_id, [NewTask(Origin.IMPORT, "Name a tree.")])
        server.vector = lambda text: vector_of(text, 32)
        run = made(database, pool_id, server)
        assert run.state is RunState.FAILED and "gives 32 numbers for a text, and gave 24 before" in run.message
        sent = len(server.requests)
        assert made(database, pool_id, server).state is RunState.FAILED  # what came is on disk, and read again
        assert len(server.requests) == sent
        assert made(database, pool_id, server, anew=True).state is RunState.DONE
        assert len(kept(database, pool_id, server)) == 21
        with database.read() as c:
            assert vectors.length(c, pool_id, source(server)) == 64


def test_what_came_and_was_not_read_before_a_kill_is_read_and_never_asked_for_again(
    database: Database, pool_id: int
) -> None:
    with FakeOpenAI() as server:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(embedding.vectors, "read_vectors", _killed)
            with pytest.raises(KeyboardInterrupt):
                made(database, pool_id, server)
        with database.read() as c:
            assert c.execute(sa.select(sa.func.count()).select_from(replies)).scalar_one() == 1
            assert c.execute(sa.select(sa.func.count()).select_from(embeddings)).scalar_one() == 0
            assert len(vectors.unread(c, pool_id, source(server))) == 1
        run = control.of_pool(database, pool_id)[0]
        control.resume(database, run.id, here=True)
        assert runner.work_here(database, run.id).state is RunState.DONE
        assert len(server.requests) == 1 and len(kept(database, pool_id, server)) == 20


def _killed(*_: Any) -> list[bytes | None]:
    raise KeyboardInterrupt


def test_a_budget_ends_the_asking_and_a_resume_goes_on_where_it_ended(database: Database) -> None:
    pool_id = filled(database, [f"{text} {n}" for n in range(8) for text in TEXTS])
    with FakeOpenAI() as server:
        run = made(database, pool_id, server, Budget(requests=2))
        assert run.state is RunState.STOPPED and "budget of 2 requests is spent" in run.message
        there = len(kept(database, pool_id, server))
        assert there == 128 and view.newest(database, pool_id) is None
        control.resume(database, run.id, Budget(requests=9), here=True)
        assert runner.work_here(database, run.id).state is RunState.DONE
        assert len(asked_for(server)) == len(set(asked_for(server))) == 160


def test_what_it_will_cost_is_said_before_and_dollars_are_counted_for_what_is_read(
    database: Database, pool_id: int
) -> None:
    models.set_prices(database, {"fake": Price(1.0, 0.0)})
    with FakeOpenAI() as server:
        ahead = job.embeddings_ahead(database, pool_id, recipe(server))
        assert ahead.cost is not None and ahead.cost.usd is not None and ahead.cost.most_usd is not None
        run = made(database, pool_id, server, Budget(usd=ahead.cost.most_usd))
        assert run.state is RunState.DONE
        words = sum(len(text.split()) for text in TEXTS)
        assert run.counts["usd"] == pytest.approx(words / 1e6) and run.counts["usd"] <= ahead.cost.most_usd
        assert "20 texts" in ahead.sentence and "at most $" in ahead.sentence


def test_the_demo_says_that_it_has_no_embeddings_and_nothing_is_queued(database: Database, pool_id: int) -> None:
    with pytest.raises(Refused, match=r"Demo .* has no embeddings; leave the model of embeddings empty for TF-IDF"):
        job.begin(database, pool_id, MapRecipe(embeddings="demo"))
    assert job.latest(database, pool_id) is None


def test_the_endpoint_of_the_page_models_makes_them_where_no_address_is_given(database: Database, pool_id: int) -> None:
    with FakeOpenAI(key="secret-key-of-mine") as server:
        models.choose_target(database, Target("custom", server.url, "writes", Endpoint.CHAT))
        models.use_key(server.url, "secret-key-of-mine")
        run = job.make_here(database, pool_id, MapRecipe(embeddings="fake"), lambda counts: None)
        assert run.state is RunState.DONE, run.message
        assert run.settings["address"] == server.url and "secret" not in str(run.settings)


def test_principal_directions_keep_who_is_near_whom() -> None:
    cloud = np.random.default_rng(2).normal(size=(300, 80)) * np.linspace(3, 0.01, 80)
    found = principal(cloud.astype(np.float16))
    _, _, exact = np.linalg.svd(cloud - cloud.mean(axis=0), full_matrices=False)
    expected = (cloud - cloud.mean(axis=0)) @ exact[:50].T
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert found.shape == (300, 50)
    assert np.allclose(found @ found.T, expected @ expected.T, atol=5e-3)
    assert np.array_equal(found, principal(cloud.astype(np.float16)))


def test_a_vector_that_a_reply_tells_twice_and_otherwise_is_of_no_use() -> None:
    """One of the two is another text's, and nobody can say which."""
    rows = [{"index": 0, "embedding": [1, 0]}, {"index": 0, "embedding": [0, 1]}, {"index": 1, "embedding": [0, 1]}]
    assert [one is None for one in read_vectors(json.dumps(rows).encode(), 2)] == [True, False]
    assert None not in read_vectors(json.dumps([*rows[1:], rows[2]]).encode(), 2), "the same twice is no harm"


@pytest.mark.parametrize(
    "sent", [[1e308] * 3, [[1e308], [1e308]], base64.b64encode(b"\x01\x00\x80\x7f").decode(), [[1, 2], [3]], [10**400]]
)
def test_numbers_that_no_sum_holds_are_of_no_use_and_warn_nobody(sent: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_vectors(json.dumps([{"embedding": sent}]).encode(), 1) == [None]
