"""Which model a run speaks to, and with which key. Keys stay in this process's memory; they are never written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from core import knobs, settings
from core.database import Database
from core.knobs import Knob
from core.llm import keys
from core.llm.body import ANSWERING
from core.llm.findings import Memory
from core.llm.parcels.words import Delivery
from core.llm.prices import Prices, in_batches, prices_for, read_prices
from core.llm.providers import Provider, provider
from core.llm.rows.embeddings import EmbeddingLedger
from core.llm.rows.findings import DatabaseMemory
from core.llm.rows.parcels import ParcelBook
from core.llm.rows.requests import RunLedger
from core.pool import pools
from core.pool.journal import Noted, note
from core.records import Endpoint, Refused

if TYPE_CHECKING:
    from core.llm.client import Client
    from core.runs.runner import Job

ATTEMPTS_ALONE, ATTEMPTS_TOGETHER = 6, 3  # of one request, while its server fails; together each may take a day
_KEYS: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a run sends its requests, and how. Stored with the run; holds no key.

    `extra_body` and `headers` go with every request (`reasoning_effort`, `chat_template_kwargs`). With `leave_out`
    False a parameter that the model refuses stops the run instead of being left out and told. `delivery`: requests go
    one by one, or together as batches (half the price, each within a day) or as files for another program.
    """

    provider: Annotated[str, Knob("a server that Winnow knows by name")]
    base_url: Annotated[str, Knob("address of any OpenAI-compatible server, mostly ending in /v1")]
    model: Annotated[str, Knob("a name of the server's list; a deployment at Azure; for local a folder or hub name")]
    endpoint: Annotated[
        Endpoint,
        Knob(
            "completions: base models and the papers' layouts; chat; responses: models that answer there alone",
            never=(Endpoint.EMBEDDINGS,),
        ),
    ] = Endpoint.CHAT
    concurrency: Annotated[int, Knob("requests at a time", least=1, most=256)] = 8
    timeout: Annotated[float, Knob("seconds for one attempt of a request", above=0, most=86_400, step=5)] = 120.0
    extra_body: Annotated[Mapping[str, Any], Knob("fields that go with every request")] = field(default_factory=dict)
    headers: Annotated[Mapping[str, str], Knob("headers that go with every request; never a key")] = field(
        default_factory=dict
    )
    leave_out: Annotated[
        bool, Knob("leave out a parameter that the model refuses, and say so; otherwise the run stops")
    ] = True
    delivery: Annotated[Delivery, Knob("requests go one by one, as batches, or by a file")] = Delivery.DIRECT

    def endpoint_for(self, wording: Endpoint) -> Endpoint:
        """The endpoint for prompts of that wording: ours where it speaks so, else the wording's own."""
        return self.endpoint if self.endpoint.wording is wording else wording

    def resolved(self) -> Provider:
        """The provider at that address. Raises Refused where the address is none."""
        return provider(self.provider, self.base_url)


def target_of(stored: Mapping[str, Any]) -> Target:
    """The target that was stored with a run or as a preference."""
    delivery = Delivery(stored.get("delivery", Delivery.DIRECT))
    return Target(**{**stored, "endpoint": Endpoint(stored["endpoint"]), "delivery": delivery})


def use_key(base_url: str, key: str) -> None:
    """Use this key for that address until the program ends. Raises Refused for one that no header can carry."""
    key = keys.checked(key)
    if key:
        _KEYS[base_url.rstrip("/")] = key
    else:
        _KEYS.pop(base_url.rstrip("/"), None)


def key_for(server: Provider) -> str:
    """The key typed in for this address, or the environment's where the address is the environment's own."""
    typed = _KEYS.get(server.base_url.rstrip("/"))
    if typed:
        return typed
    environment = settings.load()
    own = environment.base_url.rstrip("/") or "https://api.openai.com/v1"
    return keys.checked(environment.api_key) if server.base_url.rstrip("/") == own else ""


def use_key_of_environment(server: Provider) -> None:
    """Use the environment's key for an address that a person named on the command line beside it."""
    key = settings.load().api_key
    if key and not server.is_demo:
        use_key(server.base_url, key)


def default_target(database: Database) -> Target:
    """The target chosen on the page Models, else the environment's, else the demo."""
    with database.read() as c:
        stored = pools.preference(c, "target")
    return target_of(stored) if stored else environment_target() or DEMO


def is_chosen(database: Database) -> bool:
    """Whether a person chose a target on the page Models."""
    with database.read() as c:
        return pools.preference(c, "target") is not None


def environment_target() -> Target | None:
    """The target that the environment's variables name, if any."""
    environment = settings.load()
    if environment.provider or environment.base_url:
        server = provider(environment.provider, environment.base_url)
        model = environment.model or ("demo" if server.is_demo else "")
        return Target(server.name, server.base_url, model, server.endpoint)
    if environment.api_key:
        server = provider("openai")
        return Target(server.name, server.base_url, environment.model or "gpt-4o-mini", server.endpoint)
    return None


def choose_target(database: Database, target: Target) -> None:
    """Make this the target of new runs."""
    checked_target(target)
    with database.write() as c:
        pools.prefer(c, "target", stored_form(target))
        note(c, None, Noted.CHOSE_MODEL, detail=f"{target.model} at {target.resolved().label}")


def speaks_to(target: Target) -> str:
    """Which server and model a run speaks to, for whoever pays; recorded replies are called so."""
    server = target.resolved()
    if server.is_demo:
        return "Recorded replies that ship with Winnow (demo); nothing is sent to a model."
    if server.is_in_process:
        return f"The model {target.model} in this program, on {target.endpoint}; nothing is sent anywhere."
    if target.delivery is Delivery.FILE:
        return f"The model {target.model} by a file for `vllm run-batch`, on {target.endpoint}; nothing is sent."
    how = ", in batches at half the price" if target.delivery is Delivery.BATCH else ""
    return f"The model {target.model} at {server.label} ({server.shown_url}), on {target.endpoint}{how}."


def cost_unknown(database: Database, target: Target) -> bool:
    """Whether somebody may be paid for a run there and nobody here knows how much."""
    server = target.resolved()
    sends = target.delivery is not Delivery.FILE
    return bool(target.model) and sends and not server.is_free and target.model not in prices(database, server)


def stored_form(target: Target) -> dict[str, Any]:
    """The target as JSON can hold it."""
    return {
        "provider": target.provider,
        "base_url": target.base_url,
        "model": target.model,
        "endpoint": target.endpoint.value,
        "concurrency": target.concurrency,
        "timeout": target.timeout,
        "extra_body": dict(target.extra_body),
        "headers": dict(target.headers),
        "leave_out": target.leave_out,
        "delivery": target.delivery.value,
    }


def checked_target(target: Target) -> Target:
    """The target, if a run can begin with it. Raises Refused with the next step."""
    server = target.resolved()
    if not target.model:
        raise Refused("No model is chosen; name one on the page Models, or with --model.")
    keys.check_name(target.model)
    keys.check_headers(target.headers)
    keys.check_extra_body(target.extra_body)
    knobs.check(target)
    if target.delivery is not Delivery.DIRECT and (server.is_demo or server.is_in_process):
        raise Refused(f"{server.label} answers at once and takes no batches; leave out the batch, or choose a server.")
    if target.delivery is Delivery.FILE:
        if target.endpoint is not Endpoint.CHAT:
            raise Refused("`vllm run-batch` answers chat requests alone; choose the endpoint chat.")
        return target
    if server.needs_key and not key_for(server):
        raise Refused(f"{server.label} needs a key; set OPENAI_API_KEY or type it in on the page Models.")
    return target


def prices(database: Database, server: Provider) -> Prices:
    """What models cost at this server: the built-in prices, and over them those entered on the page Models."""
    return prices_for(server, own_prices(database))


def prices_at(database: Database, target: Target) -> Prices:
    """What models cost as this target sends their requests: half in batches."""
    known = prices(database, target.resolved())
    return in_batches(known) if target.delivery is Delivery.BATCH else known


def own_prices(database: Database) -> Prices:
    """The prices that were entered by hand."""
    with database.read() as c:
        stored = pools.preference(c, "prices", {})
    return read_prices(stored)


def set_prices(database: Database, entered: Prices) -> None:
    """Keep these prices instead of those entered before. Raises Refused for one that is no number from 0 up."""
    rows = {
        model: {"prompt": price.prompt, "completion": price.completion, "as_of": price.as_of}
        for model, price in entered.items()
    }
    read_prices(rows)
    with database.write() as c:
        pools.prefer(c, "prices", rows)
        note(c, None, Noted.SET_PRICES, detail=", ".join(rows))


def memory_of(database: Database, server: Provider) -> Memory:
    """What is remembered of a server's models: what they refuse, and what they call otherwise."""
    return DatabaseMemory(database, server.shown_url)


def connect(job: Job, target: Target) -> Client:
    """The client of a run: its provider, its ledger, its budget, its prices."""
    from core.llm.client import Client
    from core.llm.parcels.choosing import way_of

    server = target.resolved()
    parcels = ParcelBook(job.database, job.run.id, write=job.write)
    ledger = RunLedger if target.endpoint in ANSWERING else EmbeddingLedger
    return Client(
        server,
        key_for(server),
        ledger(job.database, job.run.id, server.name, server.shown_url, write=job.write),
        concurrency=target.concurrency,
        budget=job.run.budget,
        prices=prices_at(job.database, target),
        max_attempts=ATTEMPTS_ALONE if target.delivery is Delivery.DIRECT else ATTEMPTS_TOGETHER,
        timeout=target.timeout,
        headers=target.headers,
        memory=memory_of(job.database, server),
        leave_out=target.leave_out,
        not_taken=job.run.counts.get("not_taken"),
        together=way_of(target.delivery, parcels),
    )


DEMO = Target("demo", provider("demo").base_url, "demo", Endpoint.COMPLETIONS)
