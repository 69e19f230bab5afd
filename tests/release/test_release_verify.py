"""A changed byte, a missing and an extra file are found, and named."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from core.records import NotFound
from core.release.verify import verify
from core.release.writer import write_release
from tests.release.release_rows import options, rows, source


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("verify")
    for name in ("release", "release.zip"):
        write_release(source(rows(12)), base / name, options("jsonl", "alpaca", "csv", "parquet"))
    return base


@pytest.fixture
def release(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written / "release", tmp_path / "release"))


def changed(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(bytes(content))


def test_an_untouched_release_is_whole(written: Path) -> None:
    for name in ("release", "release.zip"):
        found = verify(written / name)
        assert found.ok and "every one as written" in found.sentence and found.files == 11


def test_sha256sum_agrees(release: Path) -> None:
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=release, check=True)


def test_one_changed_byte_in_any_file_is_found_and_the_file_is_named(release: Path) -> None:
    for path in sorted(release.rglob("*")):
        if path.is_file():
            name = path.relative_to(release).as_posix()
            for at in (0, path.stat().st_size // 2, -1):
                changed(path, at)
                found = verify(release)
                assert not found.ok and any(name in problem for problem in found.problems), (name, at)
                changed(path, at)
    assert verify(release).ok


def test_every_single_byte_of_manifest_and_sums_matters(release: Path) -> None:
    for name in ("manifest.json", "SHA256SUMS"):
        path = release / name
        for at in range(0, path.stat().st_size, 23):
            changed(path, at)
            assert not verify(release).ok, (name, at)
            changed(path, at)


def test_a_missing_an_extra_and_a_linked_file_are_named(release: Path) -> None:
    (release / "alpaca/train.json").rename(release / "extra.json")
    (release / "link").symlink_to(release / "README.md")
    (release / "empty").mkdir()
    problems = verify(release).problems
    assert "alpaca/train.json is missing." in problems
    assert "extra.json does not belong to the release." in problems
    assert any(problem.startswith("link is neither") for problem in problems)
    assert any(problem.startswith("empty is an empty folder") for problem in problems)


def test_a_release_without_manifest_or_none_at_all_is_said_so(release: Path, tmp_path: Path) -> None:
    (release / "manifest.json").unlink()
    assert "manifest.json is missing" in verify(release).sentence
    with pytest.raises(NotFound, match="There is no release"):
        verify(tmp_path / "nowhere")


def test_one_changed_byte_anywhere_in_an_archive_is_found(written: Path, tmp_path: Path) -> None:
    content = (written / "release.zip").read_bytes()
    archive = tmp_path / "release.zip"
    for at in [*range(0, 400, 3), *range(400, len(content) - 900, 197), *range(len(content) - 900, len(content), 3)]:
        archive.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert not verify(archive).ok, at
    for cut in (0, 10, len(content) // 2, len(content) - 1):
        archive.write_bytes(content[:cut])
        assert not verify(archive).ok


def test_a_repacked_archive_and_one_with_an_extra_file_are_found(written: Path, tmp_path: Path) -> None:
    archive = tmp_path / "release.zip"
    shutil.copy(written / "release.zip", archive)
    with zipfile.ZipFile(archive, "a") as writer:
        writer.writestr("extra.txt", "x")
    assert "extra.txt does not belong to the release." in verify(archive).problems


def test_a_folder_that_is_no_release_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rglob(self: Path, pattern: str) -> None:
        raise AssertionError("it looks through the folder")

    monkeypatch.setattr(Path, "rglob", rglob)
    found = verify(tmp_path)
    assert not found.ok and "is this the folder of a release?" in found.sentence


@pytest.mark.parametrize(
    "entry",
    [{"path": "a", "bytes": float("inf"), "sha256": ""}, {"path": "\ud800", "bytes": 1, "sha256": ""}],
    ids=["more bytes than any number", "half a sign for a name"],
)
def test_a_manifest_that_no_winnow_wrote_is_said_to_be_changed(release: Path, entry: dict[str, object]) -> None:
    manifest = json.loads((release / "manifest.json").read_text())
    manifest["files"].append(entry)
    (release / "manifest.json").write_text(json.dumps(manifest))
    assert "manifest.json was changed" in verify(release).sentence


def test_a_damaged_archive_in_any_packing_is_said_to_be_damaged(release: Path, tmp_path: Path) -> None:
    for how in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with zipfile.ZipFile(tmp_path / "r.zip", "w", how) as archive:
            for path in release.rglob("*"):
                archive.write(path, path.relative_to(release))
        at = (tmp_path / "r.zip").read_bytes().index(b"README.md") + 60
        for place in range(at, at + 20):
            changed(tmp_path / "r.zip", place)
            assert not verify(tmp_path / "r.zip").ok
            changed(tmp_path / "r.zip", place)


def test_of_what_the_manifest_does_not_name_no_more_is_unpacked_than_a_file_may_have(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bomb of 3 MB took 18 s: its 3 GB were read to the end."""
    with zipfile.ZipFile(tmp_path / "r.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in (path for path in release.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(release))
        archive.writestr("bomb", bytes(64 << 20))
    came: list[int] = []
    read = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda self, n=-1: came.append(len(it := read(self, n))) or it)
    found = verify(tmp_path / "r.zip")
    assert "bomb does not belong to the release." in found.problems
    assert sum(came) < 20 << 20


def test_a_manifest_that_is_changed_while_it_is_looked_at_is_said_so(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.release import verify as module

    looked, manifest = module._folder, (release / "manifest.json").read_text()

    def then_changed(*given):
        seen = looked(*given)
        (release / "manifest.json").write_text(manifest.replace("{", "{ ", 1))
        return seen

    monkeypatch.setattr(module, "_folder", then_changed)
    assert "manifest.json was changed" in verify(release).sentence
