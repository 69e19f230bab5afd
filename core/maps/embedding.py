"""A pool's embeddings: where they come from, what they will cost, and asking for those that are not kept yet.

Texts go together as far as the server takes them: a request that it finds too large is asked again in parts, a text
that is too long for the model by its beginning. What came is stored before it is read, so that nothing is paid twice.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from core.database import Database
from core.llm import target as models
from core.llm import vectors
from core.llm.body import embeddings_body
from core.llm.errors import (
    ABOUT_ONE_REQUEST,
    BadReply,
    BudgetExceeded,
    ContextTooLong,
    ModelError,
    Stopped,
    TooManyTexts,
)
from core.llm.parcels.words import Delivery
from core.llm.prices import Estimate, estimate, guessed_tokens
from core.llm.providers import provider
from core.llm.target import Target, connect
from core.llm.vectors import EmbeddingAsk, VectorSource
from core.maps.recipe import MapRecipe
from core.records import Endpoint, Refused, Request, RunState, WinnowError
from core.runs.runner import Job, Outcome
from core.words import money, number_of

STEP = "embed"
TOGETHER = 64  # texts of a request, until a server says that it takes fewer
MOST_TOKENS, MOST_BYTES = 100_000, 1 << 20  # of a request's texts: OpenAI takes 300,000, TEI 2 MB
SHORTEST = 64  # characters: a text that the model finds too long even so has no embedding
NO_USE = 10  # requests in a row that brought nothing, before the run gives up
LISTEN_S = 0.2


class OtherModel(WinnowError):
    """The vectors that came are not of the space of those that are kept."""


@dataclass(frozen=True, slots=True)
class EmbeddingsAhead:
    """What a map's embeddings would take: texts, how many of them are kept, requests, and what all will cost.

    `cost` is None where nothing is asked; `free`: nobody is paid at that server.
    """

    texts: int
    kept: int
    requests: int
    cost: Estimate | None
    free: bool

    @property
    def sentence(self) -> str:
        """What it takes, for whoever pays."""
        if self.cost is None:
            return f"All {number_of(self.texts, 'embedding', 'are')} kept; nothing is asked."
        kept = f"{self.kept:,} of {self.texts:,} are kept; " if self.kept else ""
        paid = f"about {money(self.cost.usd)}, at most {money(self.cost.most_usd)}" if self.cost.usd is not None else ""
        paid = paid or ("on this machine" if self.free else "the price isn't known")
        asked = f"{number_of(self.requests, 'request')} for {number_of(self.texts - self.kept, 'text')}"
        return f"{kept}{asked}, about {number_of(self.cost.tokens, 'token')}, {paid}."


def target_for(database: Database, recipe: MapRecipe) -> Target:
    """Where a recipe's embeddings come from: the endpoint of the page Models, or the recipe's own address.

    Raises Refused for the demo and for a model in this program, which make none.
    """
    usual = models.default_target(database)
    if recipe.address and recipe.address.rstrip("/") != usual.resolved().shown_url.rstrip("/"):
        azure = "azure" if ".openai.azure.com" in recipe.address else ""
        server = provider(azure, recipe.address)
        usual = replace(usual, provider=server.name, base_url=server.base_url, headers={})
    server = usual.resolved()
    if server.is_demo or server.is_in_process:
        raise Refused(
            f"{server.label} has no embeddings; leave the model of embeddings empty for TF-IDF, choose a server on "
            "the page Models, or name an address."
        )
    return replace(
        usual, model=recipe.embeddings, endpoint=Endpoint.EMBEDDINGS, delivery=Delivery.DIRECT, extra_body={}
    )


def source_of(target: Target, recipe: MapRecipe) -> VectorSource:
    """By what a recipe's vectors are kept and found again."""
    return VectorSource(target.resolved().shown_url, target.model, recipe.prefix)


def ahead(
    database: Database,
    pool_id: int,
    target: Target,
    recipe: MapRecipe,
    texts: Mapping[str, str],
    *,
    anew: bool = False,
) -> EmbeddingsAhead:
    """What asking for the embeddings of these texts would take, `anew` as if none were kept; nothing is sent."""
    with database.read() as c:
        kept = {} if anew else vectors.kept(c, pool_id, source_of(target, recipe))
    missing = [recipe.prefix + text for key, text in texts.items() if key not in kept]
    free = target.resolved().is_free
    if not missing:
        return EmbeddingsAhead(len(texts), len(texts), 0, None, free)
    requests = -(-len(missing) // TOGETHER)
    asked = Request("", STEP, Endpoint.EMBEDDINGS, target.model, embeddings_body(target.model, missing))
    return EmbeddingsAhead(
        len(texts), len(texts) - len(missing), requests, estimate(asked, models.prices_at(database, target)), free
    )


@dataclass(frozen=True, slots=True)
class _Waiting:
    key: str
    sent: int | None = None  # characters of it


class Asking:
    """One run's asking for the embeddings of texts, by hash. `left_out` are those that no vector came for."""

    def __init__(self, job: Job, target: Target, recipe: MapRecipe, texts: Mapping[str, str]) -> None:
        self._job, self._target, self._recipe, self._texts = job, target, recipe, texts
        self._source = source_of(target, recipe)
        self._at_once = TOGETHER
        self._too_long: int | None = None  # tokens, guessed, of the shortest text that was
        self._trouble: ModelError | None = None
        self._in_vain = self._done = 0
        self._waiting: deque[_Waiting] = deque()
        self._parts: deque[Sequence[_Waiting]] = deque()  # of requests that went wrong: they stay apart
        self.left_out: set[str] = set()

    async def go(self) -> Outcome | None:
        """Ask for all that is not kept. None where all is here; else how the run ends, in a sentence."""
        self._begin()
        if not self._waiting:
            return None
        async with connect(self._job, self._target) as self._client:
            self._tell(0)
            listening = asyncio.create_task(self._listen())
            workers = [asyncio.create_task(self._work()) for _ in range(self._target.concurrency)]
            try:
                await asyncio.shield(asyncio.gather(*workers))
            except BaseException:
                self._client.close_to_new()  # after Ctrl-C, or a fault: what is on its way comes home and is kept
                await asyncio.gather(*workers, return_exceptions=True)
                raise
            finally:
                listening.cancel()
            self._tell(0)
        return self._ending()

    def _begin(self) -> None:
        """Read what an earlier start was killed over, and find what is missing."""
        pool_id = self._job.run.pool_id
        with self._job.write() as c:
            vectors.drop_unanswered(c, pool_id)
            asks = [vectors.ask(c, run_id, key) for run_id, key in vectors.unread(c, pool_id, self._source)]
        for ask in asks:
            self._read(ask)
        with self._job.database.read() as c:
            kept = vectors.kept(c, pool_id, self._source)
        self._waiting.extend(_Waiting(key) for key in self._texts if key not in kept)
        self._done = len(self._texts) - len(self._waiting)

    def _ending(self) -> Outcome | None:
        paid = "What came is kept and not asked for again."
        if self._job.asked:
            return self._job.put_down(f"{self._job.asked.told}. {paid} The map that was there stays.")
        if self._trouble is not None:
            spent = isinstance(self._trouble, BudgetExceeded)
            return Outcome(RunState.STOPPED if spent else RunState.FAILED, f"{self._trouble} {paid}")
        return None

    async def _listen(self) -> None:
        while not self._job.asked:
            await asyncio.sleep(LISTEN_S)
        self._client.close_to_new()

    async def _work(self) -> None:
        while self._trouble is None and not self._job.asked and (these := self._next()):
            try:
                await self._ask(these)
                self._in_vain = 0
            except TooManyTexts as error:
                self._fewer(these, error)
            except ContextTooLong as error:
                self._shorter(these, error)
            except ABOUT_ONE_REQUEST as error:
                self._refused(these, error)
            except ModelError as error:
                self._give_up(error)

    def _next(self) -> Sequence[_Waiting]:
        """The texts of the next request; none where nothing waits."""
        if self._parts:
            return self._parts.popleft()
        these: list[_Waiting] = []
        tokens = size = 0
        while self._waiting and len(these) < self._at_once:
            text = self._text(self._waiting[0])
            guess = guessed_tokens(text)
            tokens, size = tokens + guess, size + len(text.encode("utf-8", "replace"))
            alone = self._too_long is not None and guess >= self._too_long
            if these and (alone or tokens > MOST_TOKENS or size > MOST_BYTES):
                break
            these.append(self._waiting.popleft())
            if alone:
                break
        return these

    def _text(self, one: _Waiting) -> str:
        return self._recipe.prefix + self._texts[one.key][: one.sent]

    async def _ask(self, these: Sequence[_Waiting]) -> None:
        texts = [self._text(one) for one in these]
        said = "\0".join([self._source.server, self._source.model, *texts])
        digest = sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
        ask = EmbeddingAsk(f"{STEP}/{digest[:40]}", tuple((one.key, one.sent) for one in these), self._job.run.id)
        with self._job.write() as c:
            vectors.plan(c, self._job.run.pool_id, self._job.run.id, self._source, ask)
        body = embeddings_body(self._target.model, texts)
        await self._client.ask(Request(ask.key, STEP, Endpoint.EMBEDDINGS, self._target.model, body))
        useless = self._read(ask)
        self._tell(len(these) - len(useless))
        if len(useless) == len(these) > 1:
            raise BadReply(
                f'The model "{self._target.model}" at {self._source.server} gives no embeddings of use: numbers are '
                "missing, not finite, or all nought; try another model."
            )
        if len(these) == 1:
            self.left_out |= useless
        else:  # not finite or missing in company: by itself it may well be right
            self._parts.extend([one] for one in these if one.key in useless)

    def _read(self, ask: EmbeddingAsk) -> set[str]:
        """Read the vectors of a reply that is on disk, and keep them; return the texts that it is of no use for."""
        pool_id = self._job.run.pool_id
        with self._job.database.read() as c:
            came = vectors.came(c, ask.run_id, ask.key)
            usual = vectors.length(c, pool_id, self._source)
        read = vectors.read_vectors(came, len(ask.texts)) if came else [None] * len(ask.texts)
        now = next((len(one) for one in read if one is not None), 0)
        if usual and now and now != usual:
            raise OtherModel(
                f'The model "{self._source.model}" at {self._source.server} gives {now // 2:,} numbers for a text, and '
                f"gave {usual // 2:,} before: it is another model under that name. Ask for all embeddings anew "
                "(--ask-anew), or name another model."
            )
        with self._job.write() as c:
            vectors.keep(c, pool_id, self._source, ask, read)
        return {key for (key, _), vector in zip(ask.texts, read, strict=True) if vector is None}

    def _fewer(self, these: Sequence[_Waiting], error: TooManyTexts) -> None:
        if len(these) == 1:
            return self._give_up(error)
        most = error.most if error.most and error.most < len(these) else len(these) // 2
        self._at_once = min(self._at_once, most)
        return self._parts.extend(these[at : at + most] for at in range(0, len(these), most))

    def _shorter(self, these: Sequence[_Waiting], error: ContextTooLong) -> None:
        """Which of several is too long is not told: halves find it. One alone is read to half of its length."""
        if len(these) > 1:
            return self._halve(these)
        (one,) = these
        length = len(self._texts[one.key][: one.sent])
        if one.sent is None:
            guess = guessed_tokens(self._text(one))
            self._too_long = min(guess, self._too_long or guess)
        if length // 2 < SHORTEST:
            return self._refused(these, error)
        return self._parts.appendleft([replace(one, sent=length // 2)])

    def _refused(self, these: Sequence[_Waiting], error: ModelError) -> None:
        """Some text isn't taken: it is found by halves and left out; where nothing is taken at all the run ends."""
        self._in_vain += 1
        if self._in_vain >= NO_USE or (isinstance(error, BadReply) and not self._done):
            self._give_up(error)
        elif len(these) > 1:
            self._halve(these)
        else:
            self.left_out.add(these[0].key)

    def _halve(self, these: Sequence[_Waiting]) -> None:
        half = len(these) // 2
        self._parts.extend((these[:half], these[half:]))

    def _give_up(self, error: ModelError) -> None:
        if self._trouble is None or isinstance(self._trouble, Stopped):
            self._trouble = error
        self._client.close_to_new()

    def _tell(self, more: int) -> None:
        self._done += more
        self._job.report(stage="embeddings", done=self._done, of=len(self._texts), **self._client.figures())
