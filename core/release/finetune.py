"""Fine-tuning a model of an OpenAI-compatible service on a release: planned, confirmed, started, followed.

Nothing is sent before a person confirms the endpoint, the file and the number of rows. The service is reached through
the `openai` client that the caller opened, so that keys and addresses stay where they are kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from core.llm.diagnosis import Asked, diagnose
from core.llm.errors import BadReply, NoServer
from core.llm.prices import guessed_tokens
from core.llm.providers import Provider
from core.llm.quoting import quoted
from core.records import Refused
from core.release.clients import openai_fault, openai_refusal
from core.release.formats import Shape
from core.release.manifest import MANIFEST
from core.release.reading import records
from core.release.split import Split
from core.release.verify import verify
from core.words import number_of

if TYPE_CHECKING:
    from openai import OpenAI

EPOCHS = 2
BASE_MODELS = ("babbage-002", "davinci-002")
COMPLETION_FORMATS = ("openai-completion", "self-instruct", "paper")
CHAT_FORMATS = ("openai-chat", "trl-messages")
ENDED = ("succeeded", "failed", "cancelled")
MOST_EVENTS, MOST_WORDS, LATEST = 1_000, 2_000, 2**53  # of a job: more than any service of today tells
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FinetunePlan:
    """What would be sent, and what it would probably cost; `usd` is None where the price is unknown.

    `tokens` is a guess without a tokeniser for one epoch of the training file.
    """

    endpoint: str
    model: str
    file: Path
    sha256: str
    rows: int
    bytes: int
    validation_file: Path | None
    validation_rows: int
    epochs: int
    tokens: int
    usd: float | None

    @property
    def question(self) -> str:
        """The sentence to be confirmed."""
        held = f" and {self.validation_rows:,} for validation" if self.validation_file else ""
        cost = "at an unknown price" if self.usd is None else f"for about ${self.usd:,.2f}"
        return (
            f"Send {number_of(self.rows, 'row')} of {self.file.parent.name}/{self.file.name}{held} to "
            f"{self.endpoint} and "
            f"fine-tune {self.model} for {self.epochs} epochs (about "
            f"{number_of(self.tokens * self.epochs, 'token')}) {cost}?"
        )


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A person's yes: it names endpoint, file and rows, and fits one plan only."""

    endpoint: str
    file: str
    rows: int


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One line of a job's log, `at` in seconds since 1970."""

    id: str
    at: int
    level: str
    message: str


@dataclass(frozen=True, slots=True)
class FinetuneJob:
    """A job as the service last told it. `result` is the tuned model's name once there is one."""

    id: str
    state: str
    model: str
    file_id: str
    result: str | None = None
    trained_tokens: int | None = None
    error: str = ""
    events: tuple[JobEvent, ...] = ()

    @property
    def ended(self) -> bool:
        return self.state in ENDED


def planned(
    release: Path,
    model: str,
    endpoint: str,
    *,
    form: str | None = None,
    epochs: int = EPOCHS,
    usd_per_million_tokens: float | None = None,
) -> FinetunePlan:
    """Return what fine-tuning `model` on a release's folder would send; sends nothing.

    `form` defaults to the release's chat file, for base models to its prompt and completion file. Raises Refused when
    the release is not as written, has no such file, or its rows break OpenAI's rules.
    """
    if not release.exists():
        raise Refused(f"There is no release at {release}; give the folder that was written.")
    if not release.is_dir():
        raise Refused(f"{release} is not a folder; unpack the archive first.")
    if not model.strip() or epochs < 1:
        raise Refused("A fine-tuning job needs a model's name and at least one epoch.")
    checked = verify(release)
    if not checked.ok:
        raise Refused(f"{checked.sentence} Write the release again before it is sent.")
    tables = _tables(release)
    wanted = [form] if form else list(COMPLETION_FORMATS if model in BASE_MODELS else CHAT_FORMATS)
    name = next((name for name in wanted if (name, Split.TRAIN) in tables), None)
    if name is None:
        raise Refused(f"The release has no {wanted[0]} file, which {model} learns from; release it in that format too.")
    table, held = tables[name, Split.TRAIN], tables.get((name, Split.VALIDATION))
    refusal = openai_refusal(table["rows"])
    if refusal:
        raise Refused(refusal)
    tokens = _lawful_tokens(release / table["path"], name)
    if held:
        _lawful_tokens(release / held["path"], name)
    usd = None if usd_per_million_tokens is None else tokens * epochs * usd_per_million_tokens / 1_000_000
    return FinetunePlan(
        endpoint.rstrip("/"), model, release / table["path"], table["sha256"], table["rows"], table["bytes"],
        release / held["path"] if held else None, held["rows"] if held else 0, epochs, tokens, usd,
    )  # fmt: skip


def started(
    client: OpenAI,
    provider: Provider,
    plan: FinetunePlan,
    confirmation: Confirmation,
    *,
    suffix: str = "",
    on_upload: Callable[[str], None] = lambda file_id: None,
    uploaded: str = "",
) -> FinetuneJob:
    """Upload the files, create the job and return it.

    `on_upload` hears the training file's id before the job is created, to be kept: given back as `uploaded`, the file
    is not sent again. A job is asked for once and never retried by itself, for two would be paid twice. Raises Refused
    where the confirmation is of another plan or the client of another address, ModelError as the service answers.
    """
    if confirmation != Confirmation(plan.endpoint, str(plan.file), plan.rows):
        raise Refused(
            "The confirmation names another endpoint, file or number of rows; look at the plan and confirm it."
        )
    if str(client.base_url).rstrip("/") != plan.endpoint:
        raise Refused(f"The plan is for {plan.endpoint} and the connection goes elsewhere; plan again.")
    once = client.with_options(max_retries=0)
    key = client.api_key
    asked = Asked(provider, key, plan.model)
    file_id = uploaded or _sent(once, asked, plan.file)
    on_upload(file_id)
    extra: dict[str, Any] = {"suffix": suffix} if suffix else {}
    if plan.validation_file:
        extra["validation_file"] = _sent(once, asked, plan.validation_file)
    answer = _told(
        asked,
        lambda: once.fine_tuning.jobs.create(
            model=plan.model,
            training_file=file_id,
            method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": plan.epochs}}},
            **extra,
        ),
    )
    return _job(asked, answer)


def followed(client: OpenAI, provider: Provider, job_id: str) -> FinetuneJob:
    """Return a job's present state with its events, oldest first; raises ModelError as the service answers."""
    asked = Asked(provider, client.api_key)
    answer = _told(asked, lambda: client.fine_tuning.jobs.retrieve(job_id))
    listed = _told(asked, lambda: _new(islice(client.fine_tuning.jobs.list_events(job_id, limit=100), MOST_EVENTS)))
    events = (
        JobEvent(_word(event.id), event.created_at, _word(event.level), _word(event.message, MOST_WORDS))
        for event in listed
        if isinstance(event.created_at, int) and 0 <= event.created_at < LATEST
    )
    return _job(asked, answer, tuple(sorted(events, key=lambda event: event.at)))


def _new(listed: Iterable[T]) -> list[T]:
    """What is listed until something comes again: a service that never ends its list is asked no further."""
    events: dict[Any, T] = {}
    for event in listed:
        if (name := str(getattr(event, "id", ""))) in events:
            break
        events[name] = event
    return list(events.values())


def cancelled(client: OpenAI, provider: Provider, job_id: str) -> FinetuneJob:
    """Ask the service to stop a job and return its state; what it trained so far may be charged."""
    asked = Asked(provider, client.api_key)
    return _job(asked, _told(asked, lambda: client.fine_tuning.jobs.cancel(job_id)))


def _tables(release: Path) -> Mapping[tuple[str, Split], Mapping[str, Any]]:
    files = json.loads((release / MANIFEST).read_bytes())["files"]
    return {(file["format"], Split(file["split"])): file for file in files if "format" in file}


def _lawful_tokens(path: Path, form: str) -> int:
    """Return a guess at a file's tokens; raises Refused at the first row that breaks OpenAI's rules."""
    tokens = 0
    rules = "openai-completion" if form in COMPLETION_FORMATS else "openai-chat"
    for count, record in enumerate(records(path, Shape.LINES), start=1):
        fault = openai_fault(record, rules)
        if fault:
            raise Refused(f"Row {count} of {path.parent.name}/{path.name} {fault}; release in the format {rules}.")
        texts = record.values() if "prompt" in record else (turn["content"] for turn in record["messages"])
        tokens += sum(map(guessed_tokens, texts))
    return tokens


def _sent(client: OpenAI, asked: Asked, path: Path) -> str:
    with path.open("rb") as file:
        name = f"{path.parent.name}-{path.name}"
        sent = _told(asked, lambda: client.files.create(file=(name, file), purpose="fine-tune"))
        return _word(getattr(sent, "id", "")) or _none(asked)


def _told(asked: Asked, call: Callable[[], T]) -> T:
    """Return what the service answers; what it refuses becomes a sentence without the key."""
    import openai

    try:
        return call()
    except openai.APIStatusError as refused:
        raise diagnose(asked, refused.status_code, _answer(refused.response), refused.response.headers) from None
    except (ValueError, RecursionError, TypeError, AttributeError):  # the package reads an answer and checks nothing
        return _none(asked)
    except openai.APIConnectionError as broken:
        if type(broken.__cause__).__name__ == "TooMuch":
            return _none(asked, f" ({broken.__cause__})")
        raise NoServer(
            f"{asked.server} cannot be reached{quoted(str(broken.__cause__ or ''), asked.key)}; look there whether the "
            "job exists before you start it again."
        ) from None


def _answer(response: Any) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return response.text


def _none(asked: Asked, why: str = "") -> NoReturn:
    raise BadReply(
        f"{asked.server} answered with something that is no answer about a job{why}; look there whether the job exists "
        "before you start it again."
    )


def _job(asked: Asked, answer: Any, events: tuple[JobEvent, ...] = ()) -> FinetuneJob:
    said = {name: _word(getattr(answer, name, None)) for name in ("id", "status", "model", "training_file")}
    if not said["id"] or not said["status"]:
        _none(asked)
    tokens = getattr(answer, "trained_tokens", None)
    return FinetuneJob(
        said["id"],
        said["status"],
        said["model"],
        said["training_file"],
        _word(getattr(answer, "fine_tuned_model", None)) or None,
        tokens if isinstance(tokens, int) and 0 <= tokens < LATEST else None,
        _word(getattr(getattr(answer, "error", None), "message", None), MOST_WORDS),
        events,
    )


def _word(said: Any, most: int = 300) -> str:
    """A name or sentence of the service's as it can be kept and shown; "" for what is none."""
    if not isinstance(said, str):
        return ""
    return "".join(one if one.isprintable() else " " for one in said[:most]).strip()
