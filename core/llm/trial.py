"""Trying a model with each step's own request, kept small: what it takes, refuses, renames or swallows, by effect.

Nothing that was learnt before is believed, so that what a trial finds may take its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from core.llm.body import LIMITS, limit_of, request_body
from core.llm.connection import Connection
from core.llm.diagnosis import Asked
from core.llm.errors import (
    BadReply,
    ContextTooLong,
    ModelError,
    NeedsRoom,
    NoSuchEndpoint,
    ParameterRefused,
    ServerFailed,
)
from core.llm.eventloop import finished
from core.llm.findings import Memory, ModelFinding, NoMemory, ParameterVerdict
from core.llm.going import Going
from core.llm.known import WHITE_SPACE
from core.llm.learning import Learning
from core.llm.listing import CUT, MOST_MODELS, Listed
from core.llm.prices import Prices, cost
from core.llm.providers import LOCAL
from core.llm.sampling import Sampling
from core.records import Endpoint, Request

if TYPE_CHECKING:
    from core.llm.reading import Answer
    from core.llm.target import Target

SMALL = 64  # tokens of a trial's reply
MOST_TRIES = 12  # of one request: each refusal that teaches something is worth another
PROMPT = "Come up with a series of tasks:\n1. Name three rivers.\n2."
WORDS = "apple banana cherry"
LONG_WORDS = 6_000
NOT_SEEN = "not seen"  # the reply didn't show whether a parameter had an effect
SPOKEN = ("model", "prompt", "messages", "input", "store")


@dataclass(frozen=True, slots=True)
class TriedParameter:
    """One parameter of one step: what became of it (a `ParameterVerdict` or "not seen"), and in which words."""

    step: str
    parameter: str
    asked: Any
    verdict: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial found. `usd` is None where the price isn't known; `context` in tokens, `shutdown` a day, if told."""

    ok: bool
    sentence: str
    rows: tuple[TriedParameter, ...] = ()
    models: tuple[str, ...] = ()
    thoughts: bool = False
    context: int | None = None
    shutdown: str = ""
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float | None = None

    def as_mapping(self) -> dict[str, Any]:
        """The trial as JSON can hold it."""
        return asdict(self)


def try_model(
    target: Target, key: str, steps: Mapping[str, Sampling], prices: Prices, memory: Memory, *, long: bool = False
) -> Trial:
    """Ask a target's model each step's request, small, and keep what was learnt in `memory`.

    `long` also sends a prompt of 6,000 words, which a server must refuse or read whole. Never raises for what a server
    does; the trial's sentence says it.
    """
    return finished(_Trying(target, key, prices, memory).go(steps, long))


@dataclass
class _Trying:
    target: Target
    key: str
    prices: Prices
    memory: Memory
    rows: list[TriedParameter] = field(default_factory=list)
    listed: list[Listed] = field(default_factory=list)
    thoughts: bool = False
    context: int | None = None
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    async def go(self, steps: Mapping[str, Sampling], long: bool) -> Trial:
        server = self.target.resolved()
        self._own = NoMemory()
        self._learning = Learning(server, self._own)
        self._connection = Connection(server, self.key, timeout=self.target.timeout, headers=self.target.headers)
        name = Asked(server, "").server
        try:
            try:
                self.listed = await self._connection.models()
            except (NoSuchEndpoint, BadReply, ServerFailed):  # a list that is broken says nothing of the model
                if not self.target.model:
                    raise
            if not self.target.model:
                return self._found(False, self._choose(name))
            for step, sampling in steps.items():
                self.rows += await self._step(step, sampling)
            if any(sampling.stop for sampling in steps.values()):
                await self._stops(any(not stop.strip() for one in steps.values() for stop in one.stop or ()))
            if long:
                await self._long()
        except ModelError as error:
            return self._found(False, str(error))
        finally:
            await self._connection.close()
        self.memory.replace(self._endpoint, self.target.model, self._learnt())
        is_whole = 0 < len(self.listed) < MOST_MODELS
        unlisted = is_whole and self.target.model not in [one.name for one in self.listed]
        also = " (its list doesn't name it)" if unlisted else ""
        return self._found(True, f"{name} answers with the model {self.target.model} on {self._endpoint}{also}.")

    @property
    def _endpoint(self) -> Endpoint:
        return self.target.endpoint

    async def _step(self, step: str, sampling: Sampling) -> list[TriedParameter]:
        extra = self.target.extra_body
        asked = request_body(self._endpoint, self.target.model, PROMPT, sampling, extra=extra)
        small = self._small(asked)
        sent, _ = await self._ask(Request(step, step, self._endpoint, self.target.model, small))
        found = self._learning.known(Request(step, step, self._endpoint, self.target.model, small))
        return list(self._rows(step, asked, small, sent, found))

    def _rows(
        self,
        step: str,
        asked: Mapping[str, Any],
        small: Mapping[str, Any],
        sent: Mapping[str, Any],
        found: Mapping[str, ModelFinding],
    ) -> Iterator[TriedParameter]:
        for name, value in asked.items():
            if name in SPOKEN:
                continue
            finding = found.get(name)
            if name in sent and (sent[name] == small[name] or finding is None):
                yield TriedParameter(step, name, value, ParameterVerdict.TAKEN.value)
            elif finding is not None:
                detail = (
                    f"as {finding.value}" if finding.verdict is ParameterVerdict.RENAMED else finding.said.strip(" ()")
                )
                detail = f"at most {finding.value}" if finding.verdict is ParameterVerdict.LIMITED else detail
                yield TriedParameter(step, name, value, finding.verdict.value, detail)

    async def _ask(self, request: Request) -> tuple[Mapping[str, Any], Answer | None]:
        """The body that was taken in the end, and the answer; None where all of it was thoughts."""
        going = Going(request, {})
        for _ in range(MOST_TRIES):
            sent = going.body(self._learning.known(request))
            self.requests += 1
            try:
                answer = await self._connection.post(request.endpoint, sent, {})
            except ParameterRefused as refused:
                self._learning.refused(refused, going)
            except ContextTooLong as error:
                self.context = error.room.context or self.context
                if not going.shrink(error.room):
                    raise
            except NeedsRoom:
                self.thoughts = True
                return sent, None
            else:
                self.thoughts |= bool(answer.thoughts) or answer.finish_reason == "thoughts"
                self.prompt_tokens += answer.prompt_tokens or 0
                self.completion_tokens += answer.completion_tokens or 0
                return sent, answer
        raise BadReply(f"The model refused {MOST_TRIES} forms of one request; choose another model or endpoint.")

    async def _stops(self, white_space: bool) -> None:
        """Whether a stop sequence really cuts, seen by what comes back."""
        await self._stop("cherry", None, "a stop sequence must cut")
        if white_space and self._endpoint is not Endpoint.RESPONSES:
            await self._stop("\n", WHITE_SPACE, "a stop of white space must cut")

    async def _stop(self, stop: str, only: str | None, named: str) -> None:
        lines = WORDS.replace(" ", "\n")
        prompt = f"{lines}\n{lines}\napple\n"
        if self._endpoint is not Endpoint.COMPLETIONS:
            prompt = f"Write exactly these three words, one on each line, and nothing else:\n{lines}"
        asked = request_body(self._endpoint, self.target.model, prompt, Sampling(0.0, None, None, None, SMALL, (stop,)))
        request = Request("stop", "stop", self._endpoint, self.target.model, asked)
        sent, answer = await self._ask(request)
        if "stop" not in sent:
            return  # refused, and told with the steps
        text = (answer.text if answer else "").strip("\n")
        past = stop in text if stop.strip() else len(text.split()) > 1 and "\n" in text
        seen = ParameterVerdict.SWALLOWED.value if past else ParameterVerdict.TAKEN.value if text.split() else NOT_SEEN
        self.rows.append(TriedParameter("by effect", "stop", stop, seen, named))
        if past:
            self._learning.remember(
                request, ModelFinding("stop", ParameterVerdict.SWALLOWED, only, "seen in a trial: it cut nothing")
            )

    async def _long(self) -> None:
        """Whether a prompt longer than most contexts is refused or read whole, or cut without a word."""
        asked = request_body(
            self._endpoint, self.target.model, "word " * LONG_WORDS, Sampling(None, None, None, None, SMALL)
        )
        before = self.prompt_tokens
        try:
            _, answer = await self._ask(Request("long", "long", self._endpoint, self.target.model, asked))
        except ContextTooLong:
            seen, detail = ParameterVerdict.REFUSED.value, "said so, as it should"
        else:
            read = self.prompt_tokens - before
            if answer is None or not answer.prompt_tokens:
                seen, detail = NOT_SEEN, "the server doesn't say how many tokens it read"
            elif read < LONG_WORDS * 0.9:
                seen, detail = (
                    ParameterVerdict.SWALLOWED.value,
                    f"cut to {read:,} tokens without a word; raise its context length",
                )
                self.context = self.context or read
            else:
                seen, detail = ParameterVerdict.TAKEN.value, f"{read:,} tokens were read"
        self.rows.append(TriedParameter("by effect", "long prompt", f"{LONG_WORDS:,} words", seen, detail))

    def _small(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        limit = min(limit_of(asked) or SMALL, SMALL)
        name = next((one for one in LIMITS if one in asked), None)
        return {**asked, **({name: limit} if name else {})}

    def _learnt(self) -> list[ModelFinding]:
        """What this trial found, without what is known of the provider anyway."""
        return list(self._own.known(self._endpoint, self.target.model).values())

    def _choose(self, name: str) -> str:
        if self.listed:
            n = len(self.listed)
            cut = f" {CUT}" if n >= MOST_MODELS else ""
            return f"{name} answers; choose {'its one model' if n == 1 else f'one of its {n:,} models'}.{cut}"
        if self.target.resolved() == LOCAL:
            return (
                f"{name} has loaded no model yet; name one, a folder or a hub name, and it is loaded when it is asked."
            )
        return f"{name} answers, and lists no model; name the one that it serves, or load one there."

    def _found(self, ok: bool, sentence: str) -> Trial:
        mine = next((one for one in self.listed if one.name == self.target.model), None)
        usd = cost(self.target.model, self.prompt_tokens, self.completion_tokens, self.prices)
        return Trial(
            ok,
            sentence,
            tuple(self.rows),
            tuple(one.name for one in self.listed),
            self.thoughts,
            (mine.context if mine else None) or self.context,
            mine.shutdown if mine else "",
            self.requests,
            self.prompt_tokens,
            self.completion_tokens,
            usd,
        )
