"""Putting a release on the Hugging Face Hub: shown first, confirmed, private unless said otherwise."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from core.foreign import told, words
from core.llm.providers import checked_address
from core.records import Refused, WinnowError
from core.release.manifest import MANIFEST
from core.release.narrowing import formats_in, narrowed
from core.release.verify import verify
from core.words import number_of

HUB = "https://huggingface.co"
TOKEN = "HF_TOKEN"
ENDPOINT = "HF_ENDPOINT"
REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
REF = re.compile(r"(?!.*(?:\.\.|//|\.lock$|[./]$))[A-Za-z0-9][\w./-]{0,99}", re.ASCII)
MAIN = "main"
NOT_FOUND = 404
OWN_FILES = {".gitattributes"}
T = TypeVar("T")


class PushFailed(WinnowError):
    """The Hub refused or was not reached."""


@dataclass(frozen=True, slots=True)
class Push:
    """What would be sent where: the dry run. `files` are paths and sizes in bytes, `sha256` the manifest's.

    `formats`: the only ones that are sent, all where it is empty; `revision`: the branch that will hold exactly these
    files; `tag`: what the commit will be called, nothing where it is empty.
    """

    release: Path
    endpoint: str
    repository: str
    private: bool
    replace: bool
    rows: int
    sha256: str
    files: tuple[tuple[str, int], ...]
    formats: tuple[str, ...] = ()
    revision: str = MAIN
    tag: str = ""

    @property
    def question(self) -> str:
        """The sentence to be confirmed."""
        size = sum(size for _, size in self.files)
        seen = "private" if self.private else "PUBLIC"
        only = f" with only {', '.join(self.formats)}" if self.formats else ""
        branch = f", branch {self.revision}," if self.revision != MAIN else ""
        tag = f", tagged {self.tag}" if self.tag else ""
        instead = " in place of everything that is there" if self.replace else ""
        return (
            f"Send {number_of(len(self.files), 'file')} ({number_of(self.rows, 'row')}, {size:,} bytes){only} to "
            f"the {seen} dataset "
            f"{self.repository}{branch} at {self.endpoint}{instead}{tag}?"
        )

    @property
    def address(self) -> str:
        """Where it can be seen once it is sent."""
        branch = f"/tree/{self.revision}" if self.revision != MAIN else ""
        return f"{self.endpoint}/datasets/{self.repository}{branch}"


def rehearsed(
    release: Path,
    repository: str,
    *,
    private: bool = True,
    replace: bool = False,
    endpoint: str = "",
    formats: Sequence[str] = (),
    revision: str = MAIN,
    tag: str = "",
) -> Push:
    """Return what a push would send, and send nothing.

    `repository` is OWNER/NAME, `endpoint` that of HF_ENDPOINT where none is named, else the Hub's own. `replace` allows
    a branch that holds other files; they are then taken out of it. `revision` is made where there is none. Raises
    Refused when the release is not a folder, not as written, lacks a format, or a name is none.
    """
    if not release.exists():
        raise Refused(f"There is no release at {release}; give the folder that was written.")
    if not release.is_dir():
        raise Refused(f"{release} is not a folder; unpack the archive first.")
    if not REPOSITORY.fullmatch(repository):
        raise Refused(f"{repository!r} is not a name on the Hub; give OWNER/NAME.")
    for what, name in (("branch", revision), ("tag", tag or MAIN)):
        if not REF.fullmatch(name):
            raise Refused(f"{name!r} is no name of a {what}; give letters, digits, points, hyphens, such as v1.0.")
    checked = verify(release)
    if not checked.ok:
        raise Refused(f"{checked.sentence} Write the release again before it is sent.")
    only = tuple(name for name in formats_in(release) if name in set(formats)) if formats else ()
    endpoint = (endpoint or os.environ.get(ENDPOINT, "") or HUB).rstrip("/")
    if (parts := checked_address(endpoint)).query or parts.fragment:
        raise Refused("The hub's address has a ? or # in it; give it without, such as https://huggingface.co.")
    with _sendable(release, formats) as folder:
        manifest = (folder / MANIFEST).read_bytes()
        rows = json.loads(manifest)["counts"]["rows"]
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        files = tuple((path.relative_to(folder).as_posix(), path.stat().st_size) for path in paths)
    digest = sha256(manifest).hexdigest()
    return Push(release, endpoint, repository, private, replace, rows, digest, files, only, revision, tag)


def pushed(push: Push, confirmed: Push) -> str:
    """Send a release and return the address of the dataset.

    `confirmed` is the push that a person said yes to; it must be this one. The token is that of HF_TOKEN, or of
    `hf auth login`. Raises Refused (another push, no token, a public repository where a private one is meant, a branch
    that holds other files, a tag that is there) and PushFailed as the Hub answers.
    """
    from huggingface_hub import HfApi, get_token

    from core.release import hub_line

    hub_line.take()
    again = rehearsed(
        push.release,
        push.repository,
        private=push.private,
        replace=push.replace,
        endpoint=push.endpoint,
        formats=push.formats,
        revision=push.revision,
        tag=push.tag,
    )
    if not push == confirmed == again:
        raise Refused("What was confirmed is not what would be sent; look at the listing again and confirm it.")
    token = get_token()
    if not token:
        raise Refused(
            f"No token is known; make one with write access at {push.endpoint}, and set {TOKEN} or give it to "
            "`hf auth login`."
        )
    api = HfApi(endpoint=push.endpoint, token=token, library_name="winnow")
    there = _told(push, lambda: _found_or_made(api, push))
    if push.private and not there.private:
        raise Refused(f"{push.repository} exists and is public; choose another name, or push publicly on purpose.")
    refs = _told(push, lambda: api.list_repo_refs(push.repository, repo_type="dataset"))
    if push.tag and push.tag in {ref.name for ref in refs.tags}:
        raise Refused(f"{push.repository} has a tag {push.tag} already, and a tag stays where it is; choose another.")
    is_new = push.revision not in {MAIN, *(ref.name for ref in refs.branches)}
    if is_new:
        _told(push, lambda: api.create_branch(push.repository, branch=push.revision, repo_type="dataset"))
    branch = _told(push, lambda: api.dataset_info(push.repository, revision=push.revision))
    others = {file.rfilename for file in branch.siblings or ()} - OWN_FILES
    if others and not (push.replace or is_new):  # a new branch begins with the files of main, and keeps none of them
        where = "" if push.revision == MAIN else f" on the branch {push.revision}"
        raise Refused(
            f"{push.repository} holds {number_of(len(others), 'file')} already{where}; choose another name or "
            f"branch, or allow them "
            "to be replaced."
        )
    _told(push, lambda: _sent(api, push, others, branch.sha))
    return push.address


@contextmanager
def _sendable(release: Path, formats: Sequence[str]) -> Iterator[Path]:
    """The folder that goes out: the release, or one beside it with the chosen formats alone."""
    if not formats:
        yield release
        return
    with tempfile.TemporaryDirectory(prefix=".push-", dir=release.parent) as folder:
        narrowed(release, formats, Path(folder))
        yield Path(folder)


def _found_or_made(api: Any, push: Push) -> Any:
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        return api.dataset_info(push.repository)
    except RepositoryNotFoundError as missing:
        if missing.response.status_code != NOT_FOUND:
            raise
        api.create_repo(push.repository, repo_type="dataset", private=push.private)
        return api.dataset_info(push.repository)


def _sent(api: Any, push: Push, others: Set[str], parent: str | None) -> None:
    """Send all files in one commit, which is the branch's next or none at all, and tag it."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    with _sendable(push.release, push.formats) as folder:
        gone = sorted(others - {path for path, _ in push.files})
        done = api.create_commit(
            push.repository,
            [
                *(CommitOperationDelete(path) for path in gone),
                *(CommitOperationAdd(path, folder / path) for path, _ in push.files),
            ],
            commit_message="Release from Winnow",
            repo_type="dataset",
            revision=push.revision,
            parent_commit=parent,
        )
    if push.tag:
        api.create_tag(push.repository, tag=push.tag, revision=done.oid, repo_type="dataset")


def _told(push: Push, call: Callable[[], T]) -> T:
    """Return what the Hub answers; what it refuses becomes a sentence."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return call()
    except HfHubHTTPError as refused:
        raise PushFailed(_sentence(push, refused.response.status_code, refused.server_message or "")) from None
    except (json.JSONDecodeError, UnicodeError, KeyError, TypeError, AttributeError, RecursionError):
        raise PushFailed(  # its package reads an answer and checks nothing
            f"{push.endpoint} sent an answer that is none of the Hub's; check the address, and look there what has "
            "arrived before you try again."
        ) from None
    except ValueError as refused:  # what its client says of a card before anything is sent
        raise PushFailed(
            f"{push.endpoint} does not take the card's metadata{_quoted(told(refused))}; write the release again, for "
            "example with another licence."
        ) from None
    except httpx2.HTTPError as broken:
        kind = type(broken).__name__
        reason = told(broken) if kind in ("TooMuch", "LedAway") else kind
        raise PushFailed(f"{push.endpoint} cannot be reached ({reason}); check the network and try again.") from None


def _sentence(push: Push, status: int, message: str) -> str:
    if status == 401:
        return f"{push.endpoint} does not accept the token; make one with write access, for {TOKEN} or `hf auth login`."
    if status == 403:
        return f"The token may not write to {push.repository}; give it write access or choose another owner."
    if status == 404:
        return f"There is no owner or dataset {push.repository} at {push.endpoint}, or the token may not see it."
    if status in (409, 412):
        return f"{push.repository} was changed by somebody else meanwhile{_quoted(message)}; look at it and try again."
    if status == 429:
        return f"{push.endpoint} asks to slow down; try again in some minutes."
    return f"{push.endpoint} refused the release with status {status}{_quoted(message)}; nothing more was sent."


def _quoted(message: str) -> str:
    return f' (it says: "{words(message)}")' if message else ""
