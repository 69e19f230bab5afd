"""Checking a release: is every file there, is none too many, is every byte as it was written?"""

from __future__ import annotations

import json
import stat
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from lzma import LZMAError
from pathlib import Path
from typing import IO, Any

from core.bounded_file import plain
from core.foreign import told
from core.records import NotFound
from core.release.archive import is_untouched
from core.release.manifest import MANIFEST, SUMS, sums
from core.words import brief, number_of

CHUNK = 1 << 20
LARGEST = 16 << 20  # bytes of a manifest or of the sums, which are read whole: one of a thousand files has a few 100 KB
DAMAGE = (zipfile.BadZipFile, zlib.error, LZMAError, EOFError)  # what unpacking says of an archive
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)  # of a manifest
NO_MANIFEST = f"{MANIFEST} is missing, so nothing can be checked; is this the folder of a release?"


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check found: one sentence a problem, none where every byte is as written."""

    path: Path
    files: int
    bytes: int
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def sentence(self) -> str:
        """The whole answer in one line."""
        if self.ok:
            return f"{self.path} is whole: {number_of(self.files, 'file')}, {self.bytes:,} bytes, every one as written."
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        return f"{self.path} is not as written: {brief(self.problems[0])}{more}"


@dataclass(frozen=True, slots=True)
class _Seen:
    bytes: int
    sha256: str


def verify(release: Path) -> Verification:
    """Return what differs between a release (folder or .zip) and what was written.

    Finds one changed byte anywhere, a missing and an extra file; reads in pieces, so any size will do. Raises NotFound
    where there is nothing at that path.
    """
    if release.is_dir():
        if not (release / MANIFEST).is_file():  # some other folder, perhaps a whole disk: nothing of it is read
            return Verification(release, 0, 0, (NO_MANIFEST,))
        read = lambda name: _whole(plain(release / name))  # noqa: E731
        return _compared(release, *_folder(release, _sizes(read)), read)
    if not release.is_file():
        raise NotFound(f"There is no release at {release}; give the folder or .zip that was written.")
    try:
        with plain(release, "the folder or .zip that was written") as file, zipfile.ZipFile(file) as archive:
            read = lambda name: _whole(archive.open(name))  # noqa: E731
            found = _compared(release, *_archive(archive, _sizes(read)), read)
    except (*DAMAGE, OSError, NotImplementedError, RuntimeError) as damage:
        return Verification(release, 0, 0, (f"the archive is damaged ({told(damage)}).",))
    if found.ok and not is_untouched(release):
        return Verification(release, found.files, found.bytes, ("the archive was changed around its files.",))
    return found


def _folder(release: Path, sizes: Mapping[str, int]) -> tuple[dict[str, _Seen], list[str]]:
    seen, problems = {}, []
    for path in sorted(release.rglob("*")):
        name = path.relative_to(release).as_posix()
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode):
            with plain(path) as file:
                seen[name] = _read(file, sizes.get(name, LARGEST))
        elif not stat.S_ISDIR(mode):
            problems.append(f"{name} is neither a file nor a folder; a release has no links.")
        elif not any(path.iterdir()):
            problems.append(f"{name} is an empty folder that the release does not have.")
    return seen, problems


def _archive(archive: zipfile.ZipFile, sizes: Mapping[str, int]) -> tuple[dict[str, _Seen], list[str]]:
    seen, problems = {}, []
    for entry in archive.infolist():
        if entry.filename in seen:
            problems.append(f"{entry.filename} is in the archive twice.")
            continue
        try:
            with archive.open(entry) as file:
                seen[entry.filename] = _read(file, sizes.get(entry.filename, LARGEST))
        except DAMAGE as damage:
            seen[entry.filename] = _Seen(-1, "")
            problems.append(f"{entry.filename} is damaged in the archive ({told(damage)}).")
    return seen, problems


def _compared(
    release: Path, seen: Mapping[str, _Seen], problems: list[str], read: Callable[[str], bytes]
) -> Verification:
    total = sum(max(file.bytes, 0) for file in seen.values())
    if MANIFEST not in seen:
        return Verification(release, len(seen), total, (NO_MANIFEST,))
    if seen[MANIFEST].bytes > LARGEST:
        return Verification(release, len(seen), total, (f"{MANIFEST} was changed: none is that large.",))
    named = {problem.split(" ", 1)[0] for problem in problems}
    try:
        manifest = read(MANIFEST)
        promised = _promised(manifest)
        is_same = sha256(manifest).hexdigest() == seen[MANIFEST].sha256  # nobody changed it since it was looked at
    except UNREADABLE:
        is_same = False
    if not is_same:
        return Verification(release, len(seen), total, (f"{MANIFEST} was changed: it can no longer be read.",))
    structure, problems = problems, []
    for name, file in promised.items():
        if name not in seen:
            problems.append(f"{name} is missing.")
        elif seen[name] != file and name not in named:
            size = (
                f" ({file.bytes:,} bytes written, {seen[name].bytes:,} found)" if seen[name].bytes != file.bytes else ""
            )
            problems.append(f"{name} was changed{size}.")
    problems += [f"{name} does not belong to the release." for name in seen if name not in {*promised, MANIFEST, SUMS}]
    problems += [*_sums_problems(seen, promised, read), *structure]
    return Verification(release, len(seen), total, tuple(problems))


def _promised(manifest: bytes) -> dict[str, _Seen]:
    """The files that a manifest names. Raises one of UNREADABLE where it is none."""
    files: list[Mapping[str, Any]] = json.loads(manifest)["files"]
    promised = {str(file["path"]): _Seen(int(file["bytes"]), str(file["sha256"])) for file in files}
    for name, file in promised.items():
        _ = name.encode(), file.sha256.encode()  # half a sign is no name that a file has
    return promised


def _sizes(read: Callable[[str], bytes]) -> dict[str, int]:
    """How many bytes each file has by the manifest: no more of it is read. Empty where there is none to read."""
    try:
        return {name: file.bytes for name, file in _promised(read(MANIFEST)).items()}
    except (*UNREADABLE, *DAMAGE, OSError, NotImplementedError, RuntimeError):
        return {}  # it is said in its place


def _sums_problems(seen: Mapping[str, _Seen], promised: Mapping[str, _Seen], read: Callable[[str], bytes]) -> list[str]:
    """SHA256SUMS holds the manifest's hash and the manifest all others, so that each vouches for the other."""
    if SUMS not in seen:
        return [f"{SUMS} is missing."]
    hashes = {name: file.sha256 for name, file in promised.items()} | {MANIFEST: seen[MANIFEST].sha256}
    if seen[SUMS].bytes > LARGEST:
        return [f"{SUMS} was changed: none is that large."]
    if read(SUMS) == sums(hashes):
        return []
    whole = f"{seen[MANIFEST].sha256}  {MANIFEST}".encode() in read(SUMS).splitlines()
    culprit = SUMS if whole else MANIFEST
    return [f"{culprit} was changed."]


def _whole(opened: AbstractContextManager[IO[bytes]]) -> bytes:
    """A file that is read whole; nothing of one that is larger than any may be."""
    parts, size = list[bytes](), 0
    with opened as file:
        while chunk := file.read(CHUNK):
            parts.append(chunk)
            size += len(chunk)
            if size > LARGEST:
                return b""
    return b"".join(parts)


def _read(file: IO[bytes], most: int) -> _Seen:
    """What a file is, read until it has more bytes than it may."""
    digest, size = sha256(), 0
    while size <= most and (chunk := file.read(CHUNK)):
        digest.update(chunk)
        size += len(chunk)
    return _Seen(size, digest.hexdigest())
