"""Prices are dated, an unknown one stays unknown, and an estimate is a guess beside a bound."""

from __future__ import annotations

import pytest

from core.llm import prices
from core.llm.prices import Price, cost, estimate, prices_for, read_prices
from core.llm.providers import provider
from core.records import Endpoint, Refused, Request


def asked(text: str, **parameters) -> Request:
    body = {"model": "m", "prompt": text, "max_tokens": 100, **parameters}
    return Request("k", "instances", Endpoint.COMPLETIONS, "m", body)


def test_cost_is_per_million_tokens():
    assert cost("m", 1_000_000, 500_000, {"m": Price(2.0, 8.0)}) == 6.0


def test_a_model_without_a_price_costs_nobody_knows_what():
    assert cost("m", 10, 10, {}) is None
    assert estimate(asked("hello"), {}).usd is None


def test_every_built_in_price_has_its_day():
    assert all(len(price.as_of) == 10 for price in prices.OPENAI_PRICES.values())


def test_built_in_prices_hold_at_openai_only():
    assert "gpt-4o-mini" in prices_for(provider("openai"))
    assert prices_for(provider("vllm")) == {}
    assert prices_for(provider("custom", "http://gateway.example/v1")) == {}


def test_the_demo_is_free_and_a_local_model_is_not_until_somebody_says_so():
    assert cost("demo", 5, 5, prices_for(provider("demo"))) == 0.0
    assert cost("llama3", 5, 5, prices_for(provider("ollama"))) is None
    free = read_prices({"llama3": {"prompt": 0, "completion": 0}})
    assert cost("llama3", 5, 5, prices_for(provider("ollama"), free)) == 0.0


def test_an_edited_price_replaces_the_built_in_one():
    edited = read_prices({"gpt-4o": {"prompt": 1, "completion": 2, "as_of": "2030-01-01"}})
    assert prices_for(provider("openai"), edited)["gpt-4o"] == Price(1.0, 2.0, "2030-01-01")


@pytest.mark.parametrize(
    "row",
    [
        {},
        None,
        {"prompt": -1, "completion": 1},
        {"prompt": "a", "completion": 1},
        "free",
        {"prompt": 10**400, "completion": 1},
        {"prompt": 1e308, "completion": 1},
        {"prompt": "nan", "completion": 1},
    ],
)
def test_a_price_that_is_none_is_refused_by_the_models_name(row):
    with pytest.raises(Refused, match='"some-model"'):
        read_prices({"some-model": row})


@pytest.mark.parametrize(
    "text", ["plain English words", "def f(x): return x", "写一首关于秋天的诗", "🎉" * 20, "\ud800", ""]
)
def test_the_bound_holds_for_a_token_a_byte_and_is_never_below_the_guess(text):
    made = estimate(asked(text), {})
    assert made.most_prompt_tokens >= len(text.encode("utf-8", "surrogatepass"))
    assert made.tokens <= made.most_tokens


def test_several_replies_to_one_prompt_are_all_counted():
    assert estimate(asked("hello", n=3), {}).most_completion_tokens == 300


def test_many_requests_are_estimated_by_one_like_them():
    one = estimate(asked("hello world"), {"m": Price(1, 1)})
    assert (one.times(10).tokens, one.times(10).most_usd) == (one.tokens * 10, pytest.approx(one.most_usd * 10))
