"""What a model costs, where that is known. Prices age, so every one carries its date and an unknown one stays unknown.

Tokens are estimated without a tokeniser. A byte-level or byte-fallback vocabulary never makes more tokens than the
text has UTF-8 bytes, so bytes plus a margin for a chat template is an upper bound to keep a hard budget by. The best
guess is four ASCII characters a token and one token for every other character, which English and CJK text stay near.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.llm.body import ANSWERING, limit_of
from core.llm.providers import Provider
from core.records import Endpoint, Refused, Request
from core.words import brief

TEMPLATE_TOKENS = 64  # what a chat template may add of its own, such as a default system message
MESSAGE_TOKENS = 8  # role and delimiters of one chat message
GUESSED_SHARE = 0.5  # of max_tokens that a reply takes, before any has been seen
MOST_USD = 1_000_000  # for a million tokens: a slip of the hand, and a sum that no number holds, lie above it
GUESSED_REPLY = 1024  # tokens of a reply that nothing limits


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens, and the day (YYYY-MM-DD) on which that was true."""

    prompt: float
    completion: float
    as_of: str = ""


Prices = Mapping[str, Price]

OPENAI_PRICES: Prices = {
    "gpt-4o": Price(2.50, 10.00, "2026-04-01"),
    "gpt-4o-mini": Price(0.15, 0.60, "2026-04-01"),
    "gpt-4.1": Price(2.00, 8.00, "2026-04-01"),
    "gpt-4.1-mini": Price(0.40, 1.60, "2026-04-01"),
    "gpt-4.1-nano": Price(0.10, 0.40, "2026-04-01"),
    "gpt-3.5-turbo": Price(0.50, 1.50, "2026-04-01"),
    "text-embedding-3-small": Price(0.02, 0.0, "2026-05-01"),
    "text-embedding-3-large": Price(0.13, 0.0, "2026-05-01"),
    "text-embedding-ada-002": Price(0.10, 0.0, "2026-05-01"),
}
BATCH_SHARE = 0.5  # of the price that a batch costs, at OpenAI, Azure and the gateways that copy them (2026-11-21)
DEMO_PRICES: Prices = {"demo": Price(0.0, 0.0)}


@dataclass(frozen=True, slots=True)
class Estimate:
    """What requests will probably take and the most they can take. Dollars are None where the price is unknown."""

    prompt_tokens: int
    completion_tokens: int
    usd: float | None
    most_prompt_tokens: int
    most_completion_tokens: int
    most_usd: float | None

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    @property
    def most_tokens(self) -> int:
        return self.most_prompt_tokens + self.most_completion_tokens

    def times(self, requests: int) -> Estimate:
        """The same for so many requests like this one."""
        return Estimate(
            self.prompt_tokens * requests,
            self.completion_tokens * requests,
            None if self.usd is None else self.usd * requests,
            self.most_prompt_tokens * requests,
            self.most_completion_tokens * requests,
            None if self.most_usd is None else self.most_usd * requests,
        )


def prices_for(provider: Provider, edited: Prices | None = None) -> Prices:
    """Return the prices that hold at this provider: the built-in ones for its own models, and the person's over them.

    A model that another server happens to call "gpt-4o" has no built-in price.
    """
    built_in = DEMO_PRICES if provider.is_demo else OPENAI_PRICES if provider.is_openai else {}
    return {**built_in, **(edited or {})}


def in_batches(prices: Prices) -> Prices:
    """Return what the same models cost where their requests go as batches."""
    return {
        model: replace(price, prompt=price.prompt * BATCH_SHARE, completion=price.completion * BATCH_SHARE)
        for model, price in prices.items()
    }


def read_prices(stored: Mapping[str, Any]) -> Prices:
    """Return the price table that a person edited: `{model: {"prompt": usd, "completion": usd, "as_of": day}}`.

    Raises Refused, naming the model, for a price that isn't a number of dollars from 0 up.
    """
    return {str(model): _read_price(str(model), row) for model, row in stored.items()}


def cost(model: str, prompt_tokens: int, completion_tokens: int, prices: Prices) -> float | None:
    """Return US dollars, or None where the model's price isn't known."""
    price = prices.get(model)
    if price is None:
        return None
    return (prompt_tokens * price.prompt + completion_tokens * price.completion) / 1_000_000


def paid(model: str, prompt_tokens: int | None, completion_tokens: int | None, prices: Prices) -> float | None:
    """Return what a reply cost in US dollars; None where its price or what it took isn't known."""
    price = prices.get(model)
    if price is not None and price.prompt == price.completion == 0:
        return 0.0
    if prompt_tokens is None or completion_tokens is None:
        return None
    return cost(model, prompt_tokens, completion_tokens, prices)


def estimate(request: Request, prices: Prices) -> Estimate:
    """Return what a request will probably take and the most that it can. See the module's head for how."""
    limit = limit_of(request.body) if request.endpoint in ANSWERING else 0
    prompt, asked = guessed_tokens(request.prompt), GUESSED_REPLY if limit is None else max_tokens(request)
    completion = math.ceil(asked * GUESSED_SHARE)
    most = most_prompt_tokens(request)
    return Estimate(
        prompt,
        completion,
        cost(request.model, prompt, completion, prices),
        most,
        asked,
        None if limit is None else cost(request.model, most, asked, prices),
    )


def guessed_tokens(text: str) -> int:
    """Return a best guess at the number of tokens of a text."""
    ascii_characters = sum(character.isascii() for character in text)
    return math.ceil(ascii_characters / 4) + len(text) - ascii_characters


def most_prompt_tokens(request: Request) -> int:
    """Return a number of tokens that the prompt doesn't exceed."""
    messages = len(request.body.get("messages", request.body.get("input", ())))
    margin = TEMPLATE_TOKENS + MESSAGE_TOKENS * messages if messages else 1
    return len(request.prompt.encode("utf-8", "surrogatepass")) + margin


def max_tokens(request: Request) -> int:
    """Return the most tokens that the reply may have: `max_tokens` times the number of replies asked for.

    Embeddings are charged for what is read alone. Raises Refused where the request sets no such limit, because no
    budget could be kept then.
    """
    if request.endpoint is Endpoint.EMBEDDINGS:
        return 0
    limit = limit_of(request.body)
    if limit is None:
        raise Refused(
            f"The {request.step} request sets no max_tokens, so a budget in tokens or dollars can't be kept; set how "
            "long a reply may be, or a budget in requests."
        )
    return limit * max(int(request.body.get("n") or 1), int(request.body.get("best_of") or 1))


def _read_price(model: str, row: Any) -> Price:
    try:
        price = Price(float(row["prompt"]), float(row["completion"]), str(row.get("as_of", "")))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        price = Price(math.nan, math.nan)
    if not (0 <= price.prompt <= MOST_USD and 0 <= price.completion <= MOST_USD):
        raise Refused(
            f'The price of "{brief(model)}" must be two numbers from 0 to {MOST_USD:,}, US dollars for a million '
            "prompt and reply tokens."
        )
    return price
