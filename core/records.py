"""The words of Winnow as frozen records: what crosses a wall is one of these. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any


class WinnowError(Exception):
    """Something a person must be told: the message is one sentence that says what is wrong and what to do next."""


class NotFound(WinnowError):
    """No pool, task, run or file of that name."""


class Refused(WinnowError):
    """The request is understood and declined: a name that is taken, a rule that is broken."""


class StorageFailed(WinnowError):
    """The database cannot be read or written: full disk, read-only file, lock held too long, newer schema."""


class Origin(StrEnum):
    """Where a task came from."""

    SEED = "seed"
    SELF_INSTRUCT = "self-instruct"
    REINSTRUCT = "reinstruct"
    IMPORT = "import"


class State(StrEnum):
    """Where a task or an instance stands."""

    ACCEPTED = "accepted"
    DISCARDED = "discarded"  # a filter dropped it; kept with rule and evidence
    REJECTED = "rejected"  # a person took it out
    OFF = "off"  # a seed that is switched off


class Grade(StrEnum):
    """The papers' scale (Self-Instruct section 4.3). A and B count as valid."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"

    @property
    def is_valid(self) -> bool:
        return self in (Grade.A, Grade.B)


class Endpoint(StrEnum):
    """How a model is spoken to: text completions for base models, chat for chat models, responses where that is all."""

    COMPLETIONS = "completions"
    CHAT = "chat"
    RESPONSES = "responses"
    EMBEDDINGS = "embeddings"  # numbers for texts; nothing is written there

    @property
    def wording(self) -> Endpoint:
        """How a model is asked there: a chat model's prompts go to `responses` as they go to `chat`."""
        return Endpoint.COMPLETIONS if self is Endpoint.COMPLETIONS else Endpoint.CHAT


class RunState(StrEnum):
    """The life of a run. A running run whose owner's lease has run out is interrupted."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_resumable(self) -> bool:
        return self in (RunState.PAUSED, RunState.INTERRUPTED, RunState.STOPPED, RunState.FAILED)


class Decided(StrEnum):
    """The kinds of decision in the append-only log."""

    DISCARD = "discard"
    RESCUE = "rescue"
    REJECT = "reject"
    RESTORE = "restore"
    SWITCH_OFF = "switch-off"
    SWITCH_ON = "switch-on"
    PROMOTE = "promote"
    FLAG = "flag"
    UNFLAG = "unflag"
    EDIT = "edit"
    REVERT = "revert"


class Tokeniser(StrEnum):
    """How a pool's texts are cut into tokens: `paper` sees a-z and 0-9 only, `unicode` sees every script."""

    PAPER = "paper"
    UNICODE = "unicode"


@dataclass(frozen=True, slots=True)
class Pool:
    """A named dataset project. `settings` holds what was chosen for it; `pool_settings.of` reads them."""

    id: int
    name: str
    created_at: float
    archived_at: float | None
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation. `role`: user, assistant, system or tool."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Beside:
    """What an instance has beside its three texts, each part empty where there is none.

    `system`: the system prompt; `turns`: the conversation before the instruction; `thoughts`: what a reasoning model
    wrote before the output; `rejected`: answers that were held for worse than the output; `extra`: the other fields of
    the row that brought it, by name, as JSON has them.
    """

    system: str = ""
    turns: tuple[Turn, ...] = ()
    thoughts: str = ""
    rejected: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.system or self.turns or self.thoughts or self.rejected or self.extra)

    @property
    def has_context(self) -> bool:
        """Whether the instruction came with something that a model read before it."""
        return bool(self.system or self.turns)


@dataclass(frozen=True, slots=True)
class Instance:
    """One input (may be empty) and output of a task, with the hash of the exact text that a rating judges.

    `with_task`: it is out only because its whole task is."""

    id: int
    task_id: int
    position: int
    input: str
    output: str
    state: State
    text_hash: str
    request_id: int | None = None
    with_task: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """An instruction, whether it is a classification task, and where it came from.

    `nearest_id`, `nearest_score`: the closest accepted task at arrival (ROUGE-L F1, 0 to 1), None where not measured.
    `seed_id`, `seed_score`: the closest seed.
    """

    id: int
    pool_id: int
    origin: Origin
    state: State
    instruction: str
    is_classification: bool | None
    name: str | None = None
    run_id: int | None = None
    request_id: int | None = None
    batch: int | None = None
    demo: bool = False
    nearest_id: int | None = None
    nearest_score: float | None = None
    seed_id: int | None = None
    seed_score: float | None = None
    created_at: float = 0.0
    instances: tuple[Instance, ...] = ()


@dataclass(frozen=True, slots=True)
class Discard:
    """What a filter dropped, and why: rule id, and evidence such as the word found or the nearest neighbour."""

    rule: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Budget:
    """The most a run may spend; None means no limit. Reached before a request is sent, never after."""

    usd: float | None = None
    tokens: int | None = None
    requests: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What has been spent. `usd` is None as soon as one price is unknown; `usd_known`: what is known, of a pool."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float | None = 0.0
    usd_known: float = field(default=0.0, compare=False)

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a model as it will be sent, without the key.

    `key` is unique in its run and the same on every resume ("12/instances/3"); `body` is the JSON body whole;
    `ordinal` counts the requests of this step in the pool, for the demo provider.
    """

    key: str
    step: str
    endpoint: Endpoint
    model: str
    body: Mapping[str, Any]
    batch: int | None = None
    task_id: int | None = None
    ordinal: int | None = None

    @property
    def prompt(self) -> str:
        """The text of the prompt: the completion prompt, or the messages (the texts) one after the other."""
        place = {Endpoint.COMPLETIONS: "prompt", Endpoint.CHAT: "messages"}.get(self.endpoint, "input")
        spoken = [self.body[place]] if self.endpoint is Endpoint.COMPLETIONS else self.body[place]
        return "\n\n".join(one if isinstance(one, str) else str(one["content"]) for one in spoken)


class Fate(StrEnum):
    """What became of a request that a model replied to."""

    ANSWERED = "answered"
    CUT = "cut"  # by its length limit
    REFUSED = "refused"  # by the model, in so many words
    FILTERED = "filtered"  # by the provider's content filter
    THOUGHTS = "thoughts"  # all of its tokens went into thinking
    FAULTY = "faulty"  # an error of the server stood where the answer should be
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer as stored: `text` without the `thoughts` that came before it.

    `finish_reason` is "length" where it was cut, "refusal", "content_filter", "thoughts" or "error" where there is no
    answer; `usd` is None where unknown.
    """

    request_id: int
    text: str
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
    usd: float | None
    seconds: float
    body: Mapping[str, Any]
    thoughts: str = ""

    @property
    def fate(self) -> Fate:
        """What became of the request, as far as the reply says."""
        if self.finish_reason in _FATES:
            return _FATES[self.finish_reason]
        if not self.text.strip():
            return Fate.EMPTY
        return Fate.CUT if self.finish_reason == "length" else Fate.ANSWERED


_FATES = {"refusal": Fate.REFUSED, "content_filter": Fate.FILTERED, "thoughts": Fate.THOUGHTS, "error": Fate.FAULTY}


class Control(StrEnum):
    """What a person may ask of a run at work; what is on its way comes home first.

    A page has a button for each and the command line an action; `state` is that of a run that was so put down.
    """

    PAUSE = "pause"
    STOP = "stop"

    @property
    def state(self) -> RunState:
        return {Control.PAUSE: RunState.PAUSED, Control.STOP: RunState.STOPPED}[self]

    @property
    def told(self) -> str:
        """How the run's message begins once it is put down."""
        return {Control.PAUSE: "Paused", Control.STOP: "Stopped by hand"}[self]


@dataclass(frozen=True, slots=True)
class Run:
    """One piece of long work: method, settings, budget, state, counts."""

    id: int
    pool_id: int
    method: str
    state: RunState
    settings: Mapping[str, Any]
    budget: Budget
    counts: Mapping[str, Any]
    message: str
    asked: str
    owner: str | None
    lease_until: float
    created_at: float
    started_at: float | None
    ended_at: float | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a reviewer says of one text: a grade, or only valid or not; the three questions; flags; a note."""

    grade: Grade | None = None
    valid: bool | None = None
    instruction_valid: bool | None = None
    input_appropriate: bool | None = None
    output_correct: bool | None = None
    flags: tuple[str, ...] = ()
    note: str = ""
    seconds: float | None = None

    def as_mapping(self) -> dict[str, Any]:
        """Its fields by name."""
        return {one.name: getattr(self, one.name) for one in fields(Judgement)}

    @property
    def meaning(self) -> Judgement:
        """The same for every two that say the same: whichever way validity was said, in whatever time and order."""
        flags = tuple(sorted(set(self.flags)))
        return replace(self, valid=self.counts_as_valid, flags=flags, seconds=None)

    def with_answers(self, answers: Mapping[str, bool | None]) -> Judgement:
        """The same with these answers to the questions, by their keys."""
        by_name: dict[str, Any] = {**answers}
        return replace(self, **by_name)

    @property
    def counts_as_valid(self) -> bool | None:
        """What was said of valid or not: by itself, else by the grade."""
        return self.grade.is_valid if self.valid is None and self.grade else self.valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating(Judgement):
    """One reviewer's judgement of one exact text."""

    id: int
    instance_id: int
    reviewer: str
    text_hash: str
    at: float = 0.0

    @property
    def said(self) -> Judgement:
        """The judgement by itself."""
        return Judgement(**self.as_mapping())


@dataclass(frozen=True, slots=True)
class Fault:
    """A line of a file that was left out, and why."""

    line: int
    reason: str


def text_hash(instruction: str, input: str, output: str) -> str:
    """Return the SHA-256 (hex) of an instance's exact text; a rating names it (what came before: `beside.contexts`)."""
    whole = f"{len(instruction)}:{instruction}\x00{len(input)}:{input}\x00{len(output)}:{output}"
    return sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()
