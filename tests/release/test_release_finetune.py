"""Fine-tuning: nothing is sent before a yes that names endpoint, file and rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from openai import OpenAI

from core.llm.errors import ModelError, NoServer, QuotaExhausted, WrongKey
from core.llm.providers import provider
from core.records import Refused
from core.release.finetune import Confirmation, FinetunePlan, cancelled, followed, planned, started
from core.release.split import Shares
from core.release.writer import write_release
from tests.release.fake_services import Service, serving
from tests.release.release_rows import options, rows, source

KEY = "sk-secret-key-of-a-test"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finetune") / "release"
    chosen = options("jsonl", "openai-chat", "openai-completion", shares=Shares(0.8, 0.2, 0.0))
    write_release(source(rows(40)), folder, chosen)
    return folder


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as running:
        yield running


def connected(service: Service) -> OpenAI:
    return OpenAI(api_key=KEY, base_url=f"{service.url}/v1", max_retries=0)


def plan_for(service: Service, release: Path, model: str = "gpt-small") -> FinetunePlan:
    return planned(release, model, f"{service.url}/v1/", usd_per_million_tokens=3.0)


def yes(plan: FinetunePlan) -> Confirmation:
    return Confirmation(plan.endpoint, str(plan.file), plan.rows)


def test_a_plan_names_endpoint_file_rows_tokens_and_cost_and_sends_nothing(service: Service, release: Path) -> None:
    plan = plan_for(service, release)
    assert (plan.rows, plan.validation_rows, plan.epochs) == (32, 8, 2) and plan.file.parent.name == "openai-chat"
    assert plan.usd == pytest.approx(plan.tokens * 2 * 3 / 1e6) and plan.tokens > 32 * 10
    for part in ("32 rows", "openai-chat/train.jsonl", plan.endpoint, "gpt-small", "2 epochs"):
        assert part in plan.question
    assert "at an unknown price" in replace(plan, usd=None).question
    assert not service.requests


def test_a_base_model_is_given_prompts_and_completions(service: Service, release: Path) -> None:
    assert plan_for(service, release, "davinci-002").file.parent.name == "openai-completion"


def test_no_confirmation_but_that_of_this_very_plan_sends_anything(service: Service, release: Path) -> None:
    plan, client = plan_for(service, release), connected(service)
    others = (
        Confirmation(plan.endpoint, str(plan.file), plan.rows + 1),
        Confirmation(plan.endpoint, "other.jsonl", plan.rows),
        Confirmation("https://api.openai.com/v1", str(plan.file), plan.rows),
    )
    for other in others:
        with pytest.raises(Refused, match="confirm"):
            started(client, provider("custom", plan.endpoint), plan, other)
    elsewhere = OpenAI(api_key=KEY, base_url="http://127.0.0.1:9/v1")
    with pytest.raises(Refused, match="goes elsewhere"):
        started(elsewhere, provider("custom", plan.endpoint), plan, yes(plan))
    assert not service.requests


def test_a_job_is_uploaded_created_followed_and_its_model_remembered(service: Service, release: Path) -> None:
    plan, client = plan_for(service, release), connected(service)
    server, uploads = provider("custom", plan.endpoint), []
    job = started(client, server, plan, yes(plan), on_upload=uploads.append)
    assert job.state == "queued" and uploads == ["file-1"] == [job.file_id]
    assert service.files["file-1"] == plan.file.read_bytes()
    assert plan.validation_file is not None and service.files["file-2"] == plan.validation_file.read_bytes()
    asked = json.loads(next(body for _, path, body in service.requests if path == "/v1/fine_tuning/jobs"))
    assert asked["model"] == "gpt-small" and asked["validation_file"] == "file-2"
    assert asked["method"]["supervised"]["hyperparameters"] == {"n_epochs": 2}
    running = followed(client, server, job.id)
    assert not running.ended and [event.message for event in running.events] == ["step 1", "step 2"]
    finished = followed(client, server, job.id)
    assert finished.ended and finished.result == "ft:gpt-small:kind" and finished.trained_tokens == 4_000
    assert cancelled(client, server, job.id).state == "cancelled"


def test_a_file_that_was_sent_is_not_sent_again(service: Service, release: Path) -> None:
    plan = replace(plan_for(service, release), validation_file=None)
    job = started(connected(service), provider("custom", plan.endpoint), plan, yes(plan), uploaded="file-9")
    assert job.file_id == "file-9" and "/v1/files" not in service.paths("POST")


def test_a_failed_job_says_why(service: Service, release: Path) -> None:
    service.states = ["failed"]
    job = followed(connected(service), provider("custom", f"{service.url}/v1"), "ftjob-1")
    assert job.ended and job.error == "the file has a bad row" and job.result is None


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"error": {"message": f"Incorrect API key {KEY}", "code": "invalid_api_key"}}, WrongKey),
        (
            429,
            {"error": {"message": "no credit", "code": "insufficient_quota", "type": "insufficient_quota"}},
            QuotaExhausted,
        ),
        (400, {"error": {"message": "the file is too large"}}, ModelError),
        (503, {"error": {"message": "busy"}}, ModelError),
    ],
)
def test_every_refusal_is_one_sentence_without_the_key(
    service: Service, release: Path, status: int, body: dict[str, object], error: type[ModelError]
) -> None:
    service.refuse["/v1/fine_tuning"] = (status, body)
    plan = plan_for(service, release)
    with pytest.raises(error) as caught:
        started(connected(service), provider("custom", plan.endpoint), plan, yes(plan))
    assert KEY not in str(caught.value) and service.paths("POST").count("/v1/fine_tuning/jobs") == 1


def test_a_service_that_is_gone_is_said_so(release: Path) -> None:
    with serving() as gone:
        plan = plan_for(gone, release)
    with pytest.raises(NoServer, match="cannot be reached"):
        started(connected(gone), provider("custom", plan.endpoint), plan, yes(plan))


def test_a_changed_release_too_few_rows_and_a_missing_format_are_refused(tmp_path: Path) -> None:
    write_release(source(rows(12)), tmp_path / "r", options("alpaca", "openai-completion"))
    with pytest.raises(Refused, match="no openai-chat file"):
        planned(tmp_path / "r", "gpt-small", "http://localhost/v1")
    write_release(source(rows(4)), tmp_path / "few", options("openai-completion"))
    with pytest.raises(Refused, match="fewer than 10 rows"):
        planned(tmp_path / "few", "davinci-002", "http://localhost/v1")
    with (tmp_path / "r/README.md").open("a") as card:
        card.write("x")
    with pytest.raises(Refused, match=r"README\.md was changed"):
        planned(tmp_path / "r", "davinci-002", "http://localhost/v1")
