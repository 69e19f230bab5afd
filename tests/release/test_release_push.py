"""Pushing to the Hub: shown first, private by default, and the repository holds exactly the release."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from core.llm import bounded
from core.records import Refused
from core.release.huggingface import PushFailed, pushed, rehearsed
from core.release.narrowing import formats_in, narrowed
from core.release.verify import verify
from core.release.writer import write_release
from tests.fake_openai import FakeOpenAI
from tests.liars import Lie, always_continue, endless_chunks, lying, trickling_head
from tests.release.fake_services import Service, serving
from tests.release.release_rows import options, rows, source

TOKEN = "hf_a_token_of_a_test"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("push") / "release"
    write_release(source(rows(12)), folder, options("jsonl", "alpaca", "csv", "parquet"))
    return folder


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(
        "huggingface_hub.constants.HF_HUB_DISABLE_XET", True
    )  # large files go by LFS, as the fake has it
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
    sent = {path: its for path, its in hub.repository_files.items() if path != ".gitattributes"}
    assert sent == {path: (release / path).read_bytes() for path, _ in push.files}
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
    hub.hub.exists, hub.hub.private = True, False
    with pytest.raises(Refused, match="is public"):
        pushed(push, push)
    hub.hub.private, hub.hub.branches["main"] = True, {".gitattributes": b"", "old.json": b"1"}
    with pytest.raises(Refused, match="holds 1 file already"):
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
    with pytest.raises(Refused, match="There is no release at"):
        rehearsed(tmp_path / "r.zip", "ann/kind")
    (tmp_path / "r.zip").touch()
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


def test_a_branch_is_made_filled_with_chosen_formats_and_tagged(hub: Service, release: Path, tmp_path: Path) -> None:
    first = rehearsed(release, "ann/kind", endpoint=hub.url, tag="v1.0")
    assert "tagged v1.0" in first.question
    pushed(first, first)
    main = dict(hub.repository_files)
    some = rehearsed(
        release, "ann/kind", endpoint=hub.url, formats=("parquet", "csv"), revision="tables", tag="v1.0-tables"
    )
    assert "only csv, parquet" in some.question and "branch tables" in some.question
    assert pushed(some, some) == f"{hub.url}/datasets/ann/kind/tree/tables"
    assert hub.repository_files == main == hub.hub.tags["v1.0"]
    sent = hub.hub.branches["tables"]
    assert hub.hub.tags["v1.0-tables"] == sent
    assert {path.split("/")[0] for path in sent if "/" in path} == {"csv", "parquet"}
    assert sent["parquet/train.parquet"] == (release / "parquet/train.parquet").read_bytes()
    for path, its in sent.items():
        (tmp_path / "got" / path).parent.mkdir(parents=True, exist_ok=True)
        if path != ".gitattributes":
            (tmp_path / "got" / path).write_bytes(its)
    assert verify(tmp_path / "got").ok
    again = rehearsed(release, "ann/kind", endpoint=hub.url, replace=True, tag="v1.0")
    with pytest.raises(Refused, match="a tag stays where it is"):
        pushed(again, again)
    again = rehearsed(release, "ann/kind", endpoint=hub.url, revision="tables")
    with pytest.raises(Refused, match="already on the branch tables"):
        pushed(again, again)
    assert hub.hub.branches["tables"] == sent


def test_a_release_with_some_of_its_formats_is_whole_in_itself(release: Path, tmp_path: Path) -> None:
    import mlcroissant
    from huggingface_hub import DatasetCard

    narrowed(release, ["parquet"], tmp_path)
    assert verify(tmp_path).ok and formats_in(tmp_path) == ["parquet"]
    card = DatasetCard.load(tmp_path / "README.md")
    assert [one["config_name"] for one in card.data.to_dict()["configs"]] == ["parquet"]
    assert "alpaca" not in card.text and "## Figures" in card.text
    found = mlcroissant.Dataset(jsonld=tmp_path / "croissant.json")
    assert [one.uuid for one in found.metadata.record_sets] == ["splits", "parquet-train"]
    assert sum(1 for _ in found.records("parquet-train")) == 12
    manifest = json.loads((tmp_path / "manifest.json").read_bytes())
    assert manifest["taken_from"] == sha256((release / "manifest.json").read_bytes()).hexdigest()
    assert not (tmp_path / "dataset_info.json").exists() and (release / "dataset_info.json").exists()
    with pytest.raises(Refused, match="has no openai-chat; it holds jsonl, alpaca"):
        narrowed(release, ["openai-chat"], tmp_path)


@pytest.mark.parametrize(
    "address",
    ["https://me:hunter2@hub.example", "https://hub.example?token=hunter2", "https://hub.example#hunter2", "no.scheme"],
)
def test_a_hubs_address_with_a_secret_is_refused_where_it_is_entered(
    release: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refused) as told:
        rehearsed(release, "me/data", endpoint=address)
    monkeypatch.setenv("HF_ENDPOINT", address)
    with pytest.raises(Refused):
        rehearsed(release, "me/data")
    assert "hunter2" not in str(told.value)


def test_names_of_branches_and_tags_are_names(release: Path) -> None:
    for name in ("", "a b", "../up", "a..b", "-x", "x.lock", "x/"):
        with pytest.raises(Refused, match="is no name of a"):
            rehearsed(release, "ann/kind", revision=name or " ")
        if name:
            with pytest.raises(Refused, match="is no name of a"):
                rehearsed(release, "ann/kind", tag=name)


def test_metadata_that_the_hub_does_not_take_is_one_sentence(hub: Service, tmp_path: Path) -> None:
    write_release(source(rows(3)), tmp_path / "r", options("csv", license="mine alone"))
    push = rehearsed(tmp_path / "r", "ann/kind", endpoint=hub.url)
    with pytest.raises(PushFailed, match=r"does not take the card's metadata.*license"):
        pushed(push, push)


def test_a_wrong_token_is_told_as_the_hub_tells_it(
    hub: Service, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    push = rehearsed(release, "ann/kind", endpoint=hub.url)
    with pytest.raises(PushFailed, match="does not accept the token"):
        pushed(push, push)


def test_all_files_go_in_one_commit_and_none_where_somebody_was_faster(hub: Service, release: Path) -> None:
    push = rehearsed(release, "ann/kind", endpoint=hub.url)
    hub.refuse["/api/datasets/ann/kind/commit/main"] = (412, {"error": "A commit has happened since."})
    with pytest.raises(PushFailed, match="changed by somebody else"):
        pushed(push, push)
    assert hub.repository_files.keys() == {".gitattributes"}
    hub.refuse.clear()
    pushed(push, push)
    assert len(hub.hub.commits) == 1


@pytest.mark.parametrize("lie", [trickling_head, always_continue, endless_chunks])
def test_a_hub_that_never_ends_is_left(lie: Lie, release: Path, monkeypatch: pytest.MonkeyPatch, hub: Service) -> None:
    """Its own package waits for ever, and keeps whatever comes in memory."""
    monkeypatch.setattr(bounded, "CALL_S", 0.3)
    with lying(lie) as url:
        push = rehearsed(release, "ann/kind", endpoint=url)
        with pytest.raises(PushFailed, match="cannot be reached"):
            pushed(push, push)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_of_the_hub_leads_a_push_elsewhere(hub: Service, release: Path, status: int) -> None:
    with (
        FakeOpenAI() as other,
        FakeOpenAI(raw=lambda path: (status, {"Location": other.url + path}, b"")) as away,
    ):
        push = rehearsed(release, "ann/kind", endpoint=away.url.removesuffix("/v1"))
        with pytest.raises(PushFailed, match="sends requests on"):
            pushed(push, push)
    assert other.requests == []


@pytest.mark.parametrize("answer", [b"", b"[]", b"null", b"<html>", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_answer_of_the_hub_is_called_so(hub: Service, release: Path, answer: bytes) -> None:
    with FakeOpenAI(raw=lambda path: (200, {"Content-Type": "application/json"}, answer)) as server:
        push = rehearsed(release, "ann/kind", endpoint=server.url.removesuffix("/v1"))
        with pytest.raises(PushFailed, match="none of the Hub's"):
            pushed(push, push)
