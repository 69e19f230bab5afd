"""All or nothing on disk: a release is built in a hidden folder beside its place and renamed when it is whole."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.foreign import is_full, told
from core.records import Refused, WinnowError


class ReleaseFailed(WinnowError):
    """A release could not be written, or what was written did not read back; nothing is left of it."""


class ReleaseStopped(WinnowError):
    """Someone stopped the writing; nothing is left of it."""


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Give an empty folder beside `target` to build in, and remove it afterwards, whatever happened.

    Move what is to stay with `placed` before leaving. What a killed process left behind is cleared first. Raises
    Refused when `target` exists (an empty folder may) or another process is writing it now, and ReleaseFailed in one
    sentence when the disk is full or refuses.
    """
    _refuse_existing(target)
    folder = target.with_name(f".{target.name}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = _claimed(folder, target)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)
    except OSError as problem:
        raise ReleaseFailed(_sentence(problem, target)) from problem


def placed(made: Path, target: Path) -> None:
    """Rename a finished file or folder to its place, forced to disk with the folder it is in."""
    if made.is_dir():
        for folder in (made, *(path for path in made.rglob("*") if path.is_dir())):
            _sync_folder(folder)
    _refuse_existing(target)
    os.replace(made, target)
    _sync_folder(target.parent)


def _refuse_existing(target: Path) -> None:
    if target.is_dir() and not target.is_symlink() and not any(target.iterdir()):
        return
    if target.exists() or target.is_symlink():
        raise Refused(f"{target} exists, and a release never changes; choose another name or remove it first.")


def _claimed(folder: Path, target: Path) -> int:
    """Return a lock on a fresh folder of that name; the lock dies with its process, so a left-over is known as one."""
    while True:
        folder.mkdir(exist_ok=True)
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            os.close(lock)
            raise Refused(
                f"{target} is being written by another process; wait for it or choose another name."
            ) from held
        if folder.exists() and os.fstat(lock).st_ino == folder.stat().st_ino:
            for left in folder.iterdir():
                shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
            return lock
        os.close(lock)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sentence(problem: OSError, target: Path) -> str:
    if is_full(problem):
        return f"The disk that holds {target.parent} is full; nothing was left behind; free some space and try again."
    return f"The release could not be written to {target} ({told(problem)}); nothing was left behind."
