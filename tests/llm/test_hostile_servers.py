"""A server that lies takes neither memory nor the paid reply; keys and headers are checked where they come in."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import io
import itertools
import json
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from openai import APIStatusError

from core.database.schema import replies
from core.llm import bounded, keys, reading, target
from core.llm.client import Client
from core.llm.connection import Connection, list_models
from core.llm.errors import BadReply, ModelError, RequestRefused
from core.llm.parcels.lines import read_line
from core.llm.parcels.service import BatchService
from core.llm.providers import provider
from core.llm.reading import read_json
from core.llm.service import open_service
from core.llm.target import Target, checked_target, use_key
from core.records import Endpoint, Refused
from core.release import finetune
from tests.fake_openai import FakeOpenAI
from tests.liars import always_continue, endless_chunks, lying, trickling_head

CHAT = Endpoint.CHAT


def reply(text: str = "fine", **more: Any) -> bytes:
    return json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}], **more}).encode()


def serving(content: bytes, **headers: str):
    return FakeOpenAI(raw=lambda path: (200, {"Content-Type": "application/json", **headers}, content))


def ask(at, ledger, run, request_of, server, key: str = "", **options: Any):
    async def work() -> Any:
        async with Client(at(server.url), key, ledger, max_attempts=1, **options) as client:
            return await client.ask(request_of("1", CHAT))

    return run(work())


@pytest.fixture
def bound(monkeypatch) -> int:
    """A bound of a megabyte, so that what goes beyond it is made quickly."""
    monkeypatch.setattr(bounded, "MOST_BYTES", 1 << 20)
    return 1 << 20


def test_a_bomb_of_packed_bytes_is_not_unpacked(at, ledger, run, request_of, bound):
    bomb = gzip.compress(b" " * (64 * bound), 1)
    assert len(bomb) < bound
    with serving(bomb, **{"Content-Encoding": "gzip"}) as server:
        tracemalloc.start()
        try:
            with pytest.raises(BadReply, match="more than 1 MB"):
                ask(at, ledger, run, request_of, server)
            assert tracemalloc.get_traced_memory()[1] < 16 * bound
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [("gzip", gzip.compress(reply())), ("deflate", zlib.compress(reply())), ("identity", reply())],
    ids=["gzip", "deflate", "identity"],
)
def test_a_packed_reply_is_read(at, ledger, run, request_of, encoding, packed):
    with serving(packed, **{"Content-Encoding": encoding}) as server:
        assert ask(at, ledger, run, request_of, server).text == "fine"


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip"])
def test_a_reply_packed_in_a_way_that_was_not_asked_for_or_wrongly_is_a_bad_reply(
    at, ledger, run, request_of, encoding
):
    with serving(b"\x00\x01\x02 not packed", **{"Content-Encoding": encoding}) as server, pytest.raises(BadReply):
        ask(at, ledger, run, request_of, server)


def test_an_endless_reply_ends(at, ledger, run, request_of, bound):
    with serving(reply("x" * (bound + 1))) as server, pytest.raises(BadReply, match="more than"):
        ask(at, ledger, run, request_of, server)


def test_an_endless_complaint_ends(at, ledger, run, request_of, bound):
    long = b"x" * (bound + 1)
    with FakeOpenAI(raw=lambda path: (500, {}, long)) as server, pytest.raises(ModelError) as told:
        ask(at, ledger, run, request_of, server)
    assert len(str(told.value)) < 900


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 10**30, "completion_tokens": 10**30},
        {"prompt_tokens": 2**63, "completion_tokens": -1},
        {"prompt_tokens": 1e400, "completion_tokens": "many"},
        {"prompt_tokens": 3, "completion_tokens": 4, "details": {"deep": 10**5000}},
    ],
)
def test_a_usage_that_nobody_can_count_does_not_lose_the_paid_reply(at, ledger, run, request_of, database, usage):
    if "details" in usage:
        text = reply("paid for").decode().rstrip("}") + ', "usage": {"prompt_tokens": 3, "deep": 1' + "0" * 5000 + "}}"
    else:
        text = reply("paid for", usage=usage).decode()
    with serving(text.encode()) as server:
        assert ask(at, ledger, run, request_of, server).text == "paid for"
    with database.read() as c:
        row = c.execute(sa.select(replies)).one()
    assert row.text == "paid for" and row.completion_tokens in (None, 4)
    assert ledger.usage().tokens < 100


def test_names_that_cannot_be_shown_are_left_out_of_the_list_of_models(at):
    odd = ["good", "half \ud800 a pair", "two\nlines", "x" * 5000, "", 7, None, {"id": 1}]
    content = json.dumps({"data": [{"id": name} for name in odd] + ["no object", None]}).encode()
    with serving(content) as server:
        found = list_models(at(server.url), "")
    assert found[:1] == ["7"] and "good" in found
    for name in found:
        name.encode()
        assert name.isprintable() and len(name) <= 300


def test_a_list_of_models_may_say_how_much_each_holds_and_when_it_goes(at, run):
    listed = [
        {"id": "a", "max_model_len": 2048},
        {"id": "b", "context_length": 10**30, "shutdown_date": "2026-12-11T00:00:00Z"},
        {"id": "c", "meta": {"n_ctx_train": 8192}, "deprecation_date": 1796947200},
    ]

    async def work() -> Any:
        connection = Connection(at(server.url), "")
        try:
            return await connection.models()
        finally:
            await connection.close()

    with FakeOpenAI(models=listed) as server:
        found = run(work())
    assert [(one.name, one.context, one.shutdown) for one in found] == [
        ("a", 2048, ""),
        ("b", None, "2026-12-11"),
        ("c", 8192, "2026-12-11"),
    ]


@pytest.mark.parametrize("key", ["sk-test-0123456789\r\n", "\n sk-test-0123456789 \t", "sk-test-0123456789\n"])
def test_a_key_with_the_end_of_a_line_is_entered_without_it(key):
    use_key("http://gpu:8000/v1", key)
    assert target.key_for(provider("custom", "http://gpu:8000/v1")) == "sk-test-0123456789"
    use_key("http://gpu:8000/v1", "")


@pytest.mark.parametrize("key", ["sk-one\nsk-two", "sk-ключ", "Bearer sk-one", "sk-\x00", "x" * 20_000])
def test_a_key_that_no_header_carries_is_refused_where_it_is_entered_and_not_repeated(key):
    with pytest.raises(Refused) as told:
        use_key("http://gpu:8000/v1", key)
    assert key[:6] not in str(told.value)


def test_the_environments_key_is_checked_too(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789\r\n")
    assert target.key_for(provider("openai")) == "sk-test-0123456789"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a\r\nX-Evil: 1")
    with pytest.raises(Refused, match="copy it again"):
        target.key_for(provider("openai"))


def test_nothing_of_a_header_is_ever_quoted_stored_or_tried_again(at, ledger, run, request_of, database):
    for key in ("sk-secret-0123456789\r\n", "sk-secret-\u00e9-0123456789"):
        with FakeOpenAI() as server, pytest.raises(RequestRefused) as told:
            ask(at, ledger, run, request_of, server, key=key)
        assert "0123456789" not in str(told.value) and server.requests == []
    with database.read() as c:
        stored = c.execute(sa.select(replies.c.error)).scalars().all()
    assert len(stored) == 2 and not any("0123456789" in one for one in stored)


@pytest.mark.parametrize(
    "address",
    [
        "http://me:hunter2@gpu:8000/v1",
        "https://token@gpu/v1",
        "https://gateway.example/v1?api_key=sk-123",
        "https://gateway.example/v1?access_token=",
        "https://gateway.example/v1?x=1",
        "https://gateway.example/v1#api_key=sk-123",
        "https://gateway.example/v1;token=hunter2",
        "https://gateway.example/sk-1234567890abcdefgh/v1",
        "http://[::1/v1",
        "http://gpu:99999/v1",
        "http://gpu:8000/v1\r\nX: 1",
        "http://" + "x" * 5000,
    ],
)
def test_an_address_with_a_secret_or_without_sense_is_refused_where_it_is_entered(address):
    with pytest.raises(Refused) as told:
        provider("custom", address)
    assert "hunter2" not in str(told.value) and "sk-123" not in str(told.value)


@pytest.mark.parametrize(
    "name", ["hf_Qwen2-7B", "hf-internal-testing/tiny-random-gpt2", "/models/sk-7b", "gpt-4o-mini"]
)
def test_a_models_name_is_no_key_for_beginning_as_one(name: str) -> None:
    assert checked_target(Target("custom", "http://gpu:8000/v1", name)).model == name


def test_azures_addresses_are_understood_as_they_are_copied():
    old = "https://x.openai.azure.com/openai/deployments/mine/chat/completions?api-version=2024-10-21"
    assert provider("azure", old).base_url == "https://x.openai.azure.com/openai?api-version=2024-10-21"
    assert provider("azure", provider("azure", old).base_url) == provider("azure", old)
    assert provider("azure", "https://x.openai.azure.com/").base_url == "https://x.openai.azure.com/openai/v1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"headers": {"Authorization": "Bearer x"}},
        {"headers": {"X-Api-Key": "x"}},
        {"headers": {"X-Team": "a\r\nX-Evil: 1"}},
        {"headers": {"X Team": "a"}},
        {"headers": {"X-Team": "sk-abc0123456789"}},
        {"headers": {"Host": "elsewhere"}},
        {"extra_body": {"model": "other"}},
        {"extra_body": {"api_key": "x"}},
        {"extra_body": {"metadata": [{"api_key": "x"}]}},
        {"model": "sk-1234567890123456789"},
        {"model": "x" * 100_000},
        {"model": "two\nlines"},
        {"extra_body": {"note": "sk-abc0123456789"}},
        {"extra_body": {"seed": float("nan")}},
        {"timeout": float("inf")},
        {"timeout": float("nan")},
        {"concurrency": 0},
    ],
)
def test_a_connections_own_headers_and_fields_hold_no_key_and_break_no_request(wrong):
    with pytest.raises(Refused) as told:
        checked_target(Target(**{"provider": "custom", "base_url": "http://gpu:8000/v1", "model": "m", **wrong}))
    assert "0123456789" not in str(told.value)


def test_a_connections_own_headers_and_fields_are_sent(at, ledger, run, request_of):
    keys.check_headers({"X-Team": "annotators", "HTTP-Referer": "winnow"})
    with FakeOpenAI() as server:
        ask(at, ledger, run, request_of, server, headers={"X-Team": "annotators"})
    assert server.requests[0].headers["x-team"] == "annotators"


def test_nobody_waits_for_an_answer_that_trickles(at, ledger, run, request_of):
    async def trickle() -> None:
        async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while not writer.is_closing():
                writer.write(b" ")
                await asyncio.sleep(0.01)

        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        client = Client(at(url), "", ledger, timeout=0.3, max_attempts=1)
        with pytest.raises(ModelError, match=r"within 0\.3 s"):
            await client.ask(request_of("1", CHAT))
        await client.close()
        server.close()

    run(trickle())


async def _lines(connection: Connection) -> list[str]:
    return [line async for line in BatchService(connection).lines("file-1")]


BODY = {"model": "fake", "prompt": "secret words", "input": "secret words", "messages": []}
ASKED: dict[str, Callable[[Connection], Awaitable[Any]]] = {
    "a completion": lambda line: line.post(Endpoint.COMPLETIONS, BODY, {}),
    "a chat reply": lambda line: line.post(Endpoint.CHAT, BODY, {}),
    "a response": lambda line: line.post(Endpoint.RESPONSES, BODY, {}),
    "the models": lambda line: line.models(),
    "a file to be kept": lambda line: BatchService(line).upload("requests.jsonl", io.BytesIO(b"secret words")),
    "a file's state": lambda line: BatchService(line).file_status("file-1"),
    "a new batch": lambda line: BatchService(line).create("file-1", "/v1/completions", "name"),
    "a batch": lambda line: BatchService(line).batch("batch-1"),
    "a batch's answers": _lines,
}


@pytest.mark.parametrize("what", ASKED)
def test_no_redirect_takes_key_or_words_elsewhere(at, run, what):
    came: list[str] = []

    def elsewhere(path: str) -> tuple[int, dict[str, str], bytes]:
        came.append(path)
        return 200, {"Content-Type": "application/json"}, b"{}"

    async def ask_for_it(url: str) -> None:
        connection = Connection(at(url), "sk-secret")
        try:
            await ASKED[what](connection)
        finally:
            await connection.close()

    with FakeOpenAI(raw=elsewhere) as other:
        for status in (301, 302, 303, 307, 308):
            asked: list[str] = []

            def away(path: str, status: int = status, asked: list[str] = asked) -> tuple[int, dict[str, str], bytes]:
                asked.append(path)
                return status, {"Location": other.url + path}, b"{}"

            with FakeOpenAI(raw=away) as server, contextlib.suppress(ModelError):
                run(ask_for_it(server.url))
            assert asked, "it was asked"
    assert came == []


def test_no_redirect_takes_a_training_file_elsewhere(at):
    came: list[str] = []

    def elsewhere(path: str) -> tuple[int, dict[str, str], bytes]:
        came.append(path)
        return 200, {"Content-Type": "application/json"}, b"{}"

    with (
        FakeOpenAI(raw=elsewhere) as other,
        FakeOpenAI(raw=lambda path: (307, {"Location": other.url + path}, b"{}")) as server,
        open_service(at(server.url), "sk-secret") as service,
    ):
        with pytest.raises(APIStatusError):
            service.files.create(file=("train.jsonl", b"secret words"), purpose="fine-tune")
        with pytest.raises(APIStatusError):
            service.fine_tuning.jobs.retrieve("job-1")
    assert came == []


@pytest.mark.parametrize("part", ["[],", '{"a":1},', "999,", '"ab",'])
def test_an_answer_of_millions_of_parts_is_not_taken_apart(part: str) -> None:
    """32 MB of empty lists are 32 KB on the line, and were 800 MB in memory, for each request under way."""
    assert len(read_json("[" + part * 1_000 + "1]")) == 1_001
    raw = "[" + part * ((32 << 20) // len(part)) + "1]"
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="more parts"):
            read_json(raw)
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
    finally:
        tracemalloc.stop()


def test_a_complaint_and_a_line_of_a_batch_have_the_same_bound(at, ledger, run, request_of, monkeypatch):
    monkeypatch.setattr(reading, "MOST_PARTS", 1_000)
    many = b'{"error": {"message": "no", "custom_id": "x"}, "custom_id": "x", "more": [' + b"[]," * 1_000 + b"1]}"
    with FakeOpenAI(raw=lambda path: (400, {}, many)) as server, pytest.raises(ModelError) as told:
        ask(at, ledger, run, request_of, server)
    assert len(str(told.value)) < 900
    assert read_line(many.decode()) is None


@pytest.mark.parametrize(
    "answer",
    [
        b"x" * (5 << 20),
        gzip.compress(b"[" + b"[]," * 3_000_000 + b"1]"),
        b"[]",
        b"null",
        b"not JSON",
        b"[" * 100_000,
        b'{"id": 1, "status": {"deep": []}}',
        b'{"id": "a", "status": "\\ud800", "trained_tokens": 1e400, "error": {"message": 7}}',
    ],
    ids=["endless", "a bomb", "a list", "null", "no JSON", "nested", "no words", "half a letter"],
)
def test_a_fine_tuning_service_that_lies_is_one_sentence(at, answer: bytes) -> None:
    headers = {"Content-Type": "application/json", **({"Content-Encoding": "gzip"} if answer[:1] == b"\x1f" else {})}
    with FakeOpenAI(raw=lambda path: (200, headers, answer)) as server, open_service(at(server.url), "sk-s") as service:
        tracemalloc.start()
        try:
            with pytest.raises(BadReply, match="no answer about a job"):
                finetune.cancelled(service, at(server.url), "job-1")
            assert tracemalloc.get_traced_memory()[1] < 64 << 20
        finally:
            tracemalloc.stop()


def test_a_job_with_events_without_end_is_told_with_some_of_them(at, monkeypatch) -> None:
    monkeypatch.setattr(finetune, "MOST_EVENTS", 5)
    job = {"id": "job-1", "object": "fine_tuning.job", "status": "running", "model": "m", "training_file": "f"}
    event = {"created_at": 1, "level": "info", "message": "\ud800\x1b" + "x" * 10_000}
    numbers = itertools.count()

    def told(path: str) -> tuple[int, dict[str, str], bytes]:
        new = [{**event, "id": f"e{next(numbers)}"}, {**event, "id": f"e{next(numbers)}", "created_at": None}]
        found: Any = {"data": new, "has_more": True} if "events" in path else job
        return 200, {"Content-Type": "application/json"}, json.dumps(found).encode()

    with FakeOpenAI(raw=told) as server, open_service(at(server.url), "sk-s") as service:
        found = finetune.followed(service, at(server.url), "job-1")
    assert (found.id, found.state, len(found.events)) == ("job-1", "running", 3)
    for one in found.events:
        one.message.encode()
        assert one.message.isprintable() and len(one.message) <= finetune.MOST_WORDS


@pytest.mark.parametrize("charset", ["zlib", "bz2", "hex", "rot13", "idna", "no-such"])
@pytest.mark.parametrize("status", [200, 500])
def test_what_an_answer_calls_its_letters_does_not_matter(at, ledger, run, request_of, charset, status):
    """Python has encodings that unpack, or that take no bytes: JSON is UTF-8, whatever its head says."""
    kind = f"application/json; charset={charset}"
    content = reply() if status == 200 else b'{"error": {"message": "out of order"}}'
    with FakeOpenAI(raw=lambda path: (status, {"Content-Type": kind}, content)) as server:
        if status == 200:
            assert ask(at, ledger, run, request_of, server).text == "fine"
        else:
            with pytest.raises(ModelError, match="out of order"):
                ask(at, ledger, run, request_of, server)


@pytest.mark.parametrize("reason", ["half \ud800 a pair", "nul\x00", "x" * 100_000, {"why": ["\ud800"]}, 10**30])
def test_why_a_reply_ended_does_not_lose_what_was_paid_for(at, ledger, run, request_of, database, reason):
    content = {"choices": [{"message": {"content": "paid for"}, "finish_reason": reason}]}
    with serving(json.dumps(content).encode()) as server:
        assert ask(at, ledger, run, request_of, server).text == "paid for"
    with database.read() as c:
        row = c.execute(sa.select(replies)).one()
    assert row.text == "paid for" and len(row.finish_reason) <= 200 and row.finish_reason.isprintable()


@pytest.mark.parametrize("name", ["half \ud800 a pair", "nul\x00", "x" * 5000, "two\nlines", "", 7, None])
def test_a_batch_whose_name_cannot_be_kept_is_a_bad_answer(at, run, name):
    with serving(
        json.dumps({"id": name, "status": "\ud800", "request_counts": {"completed": 10**30}}).encode()
    ) as server:
        for what in ("a new batch", "a batch", "a file to be kept"):
            with pytest.raises(BadReply, match="without its id"):
                run(_of(at(server.url), what))


def test_a_batch_that_says_nonsense_is_told_in_short(at, run):
    told = {
        "id": "batch-1",
        "status": "odd \ud800" + "x" * 5000,
        "request_counts": {"completed": 10**15, "failed": -4},
        "output_file_id": "half \ud800",
        "errors": {"data": [{"code": ["\ud800"] * 5000, "message": "y" * 10**6, "param": "z" * 10**6}, "w" * 10**6]},
    }
    with serving(json.dumps(told).encode()) as server:
        found = run(_of(at(server.url), "a batch"))
    assert (found.done, found.files) == (0, ()) and len(found.status) <= 200
    assert len(repr(found)) < 30_000
    repr(found).encode()


def test_a_complaint_of_megabytes_is_read_as_far_as_a_sentence_goes(at, ledger, run, request_of):
    words = json.dumps(
        {"error": {"message": "no \u202e\x1b[2J" + "max_tokens exceed " * 200_000, "code": "c" * 10**5}}
    ).encode()
    with FakeOpenAI(raw=lambda path: (400, {}, words)) as server, pytest.raises(ModelError) as told:
        ask(at, ledger, run, request_of, server)
    assert len(str(told.value)) < 900 and str(told.value).isprintable()


async def _of(provider_: Any, what: str) -> Any:
    connection = Connection(provider_, "")
    try:
        return await ASKED[what](connection)
    finally:
        await connection.close()


@pytest.mark.parametrize("lie", [trickling_head, always_continue, endless_chunks])
def test_nobody_waits_for_a_service_whose_answer_never_begins_or_ends(at, monkeypatch, lie):
    monkeypatch.setattr(bounded, "CALL_S", 0.3)
    with lying(lie) as url, open_service(at(f"{url}/v1"), "") as service, pytest.raises(ModelError):
        finetune.followed(service, at(f"{url}/v1"), "job-1")


def test_a_service_that_tells_the_same_for_ever_is_asked_no_further(at):
    job = {"id": "j", "object": "fine_tuning.job", "status": "running", "model": "m", "training_file": "f"}
    event = {"id": "e1", "object": "fine_tuning.job.event", "created_at": 1, "level": "info", "message": "step"}
    asked: list[str] = []

    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        asked.append(path)
        told: Any = {"object": "list", "data": [event], "has_more": True} if "/events" in path else job
        return 200, {"Content-Type": "application/json"}, json.dumps(told).encode()

    with FakeOpenAI(raw=answer) as server, open_service(at(server.url), "") as service:
        assert len(finetune.followed(service, at(server.url), "j").events) == 1
    assert len(asked) == 3
