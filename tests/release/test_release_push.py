"""Pushing to the Hub: shown first, private by default, and the repository holds exactly the release."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.records import Refused
from core.release.huggingface import PushFailed, pushed, rehearsed
from core.release.writer import write_release
from tests.release.fake_services import Service, serving
from tests.release.release_rows import options, rows, source

TOKEN = "hf_a_token_of_a_test"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("push") / "release"
    write_release(source(rows(12)), folder, options("jsonl", "alpaca"))
    return folder


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with serving() as service:
        yield service


def test_a_rehearsal_lists_every_file_and_sends_nothing(hub: Service, release: Path) -> None:
    push = rehearsed(release, "ann/kind", endpoint=hub.url)
    assert {path for path, _ in push.files} == {
        path.relative_to(release).as_posix() for path in release.rglob("*") if path.is_file()
    }
    assert push.private and "private dataset ann/kind" in push.question and "12 rows" in push.question
    assert "PUBLIC" in rehearsed(release, "ann/kind", private=False, endpoint=hub.url).question
    assert not hub.requests


def test_a_push_makes_a_private_dataset_that_holds_exactly_the_release(hub: Service, release: Path) -> None:
    push = rehearsed(release, "ann/kind", endpoint=hub.url)
    assert pushed(push, push) == f"{hub.url}/datasets/ann/kind"
    assert hub.repository_files == {path: (release / path).read_bytes() for path, _ in push.files}
    created = next(body for _, path, body in hub.requests if path == "/api/repos/create")
    assert b'"private"' in created.replace(b" ", b"") and b"dataset" in created and b"public" not in created
    assert hub.authorizations == {f"Bearer {TOKEN}"}


def test_another_push_than_the_confirmed_one_sends_nothing(hub: Service, release: Path) -> None:
    push = rehearsed(release, "ann/kind", endpoint=hub.url)
    with pytest.raises(Refused, match="What was confirmed"):
        pushed(replace(push, private=False), push)
    assert not hub.requests


def test_a_public_or_filled_repository_is_never_written_by_accident(hub: Service, release: Path) -> None:
    push = rehearsed(release, "ann/kind", endpoint=hub.url)
    hub.repository_exists, hub.repository_private = True, False
    with pytest.raises(Refused, match="is public"):
        pushed(push, push)
    hub.repository_private, hub.repository_files = True, {".gitattributes": b"", "old.json": b"1"}
    with pytest.raises(Refused, match="holds 1 files already"):
        pushed(push, push)
    assert hub.repository_files.keys() == {".gitattributes", "old.json"}
    instead = rehearsed(release, "ann/kind", replace=True, endpoint=hub.url)
    pushed(instead, instead)
    assert hub.repository_files.keys() - {".gitattributes"} == {path for path, _ in push.files}


def test_without_a_token_nothing_is_sent(hub: Service, release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(release / "no such file"))
    push = rehearsed(release, "ann/kind", endpoint=hub.url)
    with pytest.raises(Refused, match="HF_TOKEN"):
        pushed(push, push)
    assert not hub.requests


@pytest.mark.parametrize(("status", "said"), [(401, "does not accept"), (403, "may not write"), (404, "no owner")])
def test_every_refusal_of_the_hub_is_one_sentence_without_the_token(
    hub: Service, release: Path, status: int, said: str
) -> None:
    hub.refuse["/api/"] = (status, {"error": f"no: {TOKEN}"})
    push = rehearsed(release, "ann/kind", endpoint=hub.url)
    with pytest.raises(PushFailed, match=said) as caught:
        pushed(push, push)
    assert TOKEN not in str(caught.value) and not hub.repository_files


def test_a_changed_release_an_archive_and_a_name_without_owner_are_refused(release: Path, tmp_path: Path) -> None:
    for name in ("kind", "ann/kind/more", "ann/ki nd", "../kind"):
        with pytest.raises(Refused, match="OWNER/NAME"):
            rehearsed(release, name)
    with pytest.raises(Refused, match="unpack"):
        rehearsed(tmp_path / "r.zip", "ann/kind")
    write_release(source(rows(3)), tmp_path / "r", options("jsonl"))
    (tmp_path / "r/jsonl/train.jsonl").unlink()
    with pytest.raises(Refused, match="is missing"):
        rehearsed(tmp_path / "r", "ann/kind")


def test_the_hub_of_the_environment_and_the_token_of_the_login_are_used(
    hub: Service, release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setenv("HF_ENDPOINT", f"{hub.url}/")
    push = rehearsed(release, "ann/kind")
    assert pushed(push, push) == f"{hub.url}/datasets/ann/kind" and hub.authorizations == {f"Bearer {TOKEN}"}
