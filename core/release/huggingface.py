"""Putting a release on the Hugging Face Hub: shown first, confirmed, private unless said otherwise."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from core.records import Refused, WinnowError
from core.release.manifest import MANIFEST
from core.release.verify import verify

HUB = "https://huggingface.co"
TOKEN = "HF_TOKEN"
ENDPOINT = "HF_ENDPOINT"
REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
NOT_FOUND = 404
OWN_FILES = {".gitattributes"}
T = TypeVar("T")


class PushFailed(WinnowError):
    """The Hub refused or was not reached."""


@dataclass(frozen=True, slots=True)
class Push:
    """What would be sent where: the dry run. `files` are paths and sizes in bytes, `sha256` the manifest's."""

    release: Path
    endpoint: str
    repository: str
    private: bool
    replace: bool
    rows: int
    sha256: str
    files: tuple[tuple[str, int], ...]

    @property
    def question(self) -> str:
        """The sentence to be confirmed."""
        size = sum(size for _, size in self.files)
        seen = "private" if self.private else "PUBLIC"
        instead = " in place of everything that is there" if self.replace else ""
        return (
            f"Send {len(self.files)} files ({self.rows:,} rows, {size:,} bytes) to the {seen} dataset "
            f"{self.repository} at {self.endpoint}{instead}?"
        )


def rehearsed(
    release: Path, repository: str, *, private: bool = True, replace: bool = False, endpoint: str = ""
) -> Push:
    """Return what a push would send, and send nothing.

    `repository` is OWNER/NAME, `endpoint` that of HF_ENDPOINT where none is named, else the Hub's own. `replace` allows
    a repository that holds other files; they are then taken out of it. Raises Refused when the release is not a folder,
    not as written, or the name is none.
    """
    if not release.is_dir():
        raise Refused(f"{release} is not a folder; unpack the archive first.")
    if not REPOSITORY.fullmatch(repository):
        raise Refused(f"{repository!r} is not a name on the Hub; give OWNER/NAME.")
    checked = verify(release)
    if not checked.ok:
        raise Refused(f"{checked.sentence} Write the release again before it is sent.")
    manifest = (release / MANIFEST).read_bytes()
    rows = json.loads(manifest)["counts"]["rows"]
    paths = sorted(path for path in release.rglob("*") if path.is_file())
    files = tuple((path.relative_to(release).as_posix(), path.stat().st_size) for path in paths)
    endpoint = endpoint or os.environ.get(ENDPOINT, "") or HUB
    return Push(release, endpoint.rstrip("/"), repository, private, replace, rows, sha256(manifest).hexdigest(), files)


def pushed(push: Push, confirmed: Push) -> str:
    """Send a release and return the address of the dataset.

    `confirmed` is the push that a person said yes to; it must be this one. The token is that of HF_TOKEN, or of
    `hf auth login`. Raises Refused (another push, no token, a public repository where a private one is meant, one that
    holds other files) and PushFailed as the Hub answers.
    """
    from huggingface_hub import HfApi, get_token

    again = rehearsed(push.release, push.repository, private=push.private, replace=push.replace, endpoint=push.endpoint)
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
    others = {file.rfilename for file in there.siblings or ()} - OWN_FILES
    if others and not push.replace:
        raise Refused(
            f"{push.repository} holds {len(others)} files already; choose another name, or allow them to be replaced."
        )
    _told(push, lambda: _sent(api, push))
    return f"{push.endpoint}/datasets/{push.repository}"


def _found_or_made(api: Any, push: Push) -> Any:
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        return api.dataset_info(push.repository)
    except RepositoryNotFoundError as missing:
        if missing.response.status_code != NOT_FOUND:
            raise
        api.create_repo(push.repository, repo_type="dataset", private=push.private)
        return api.dataset_info(push.repository)


def _sent(api: Any, push: Push) -> None:
    api.upload_folder(
        repo_id=push.repository,
        folder_path=push.release,
        repo_type="dataset",
        commit_message="Release from Winnow",
        delete_patterns=["*"] if push.replace else None,
    )


def _told(push: Push, call: Callable[[], T]) -> T:
    """Return what the Hub answers; what it refuses becomes a sentence."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return call()
    except HfHubHTTPError as refused:
        raise PushFailed(_sentence(push, refused.response.status_code, refused.server_message or "")) from None
    except httpx2.HTTPError as broken:
        reason = f"{type(broken).__name__}"
        raise PushFailed(f"{push.endpoint} cannot be reached ({reason}); check the network and try again.") from None


def _sentence(push: Push, status: int, message: str) -> str:
    if status == 401:
        return f"{push.endpoint} does not accept the token; make one with write access, for {TOKEN} or `hf auth login`."
    if status == 403:
        return f"The token may not write to {push.repository}; give it write access or choose another owner."
    if status == 404:
        return f"There is no owner or dataset {push.repository} at {push.endpoint}, or the token may not see it."
    if status == 429:
        return f"{push.endpoint} asks to slow down; try again in some minutes."
    said = f' (it says: "{" ".join(message.split())[:200]}")' if message else ""
    return f"{push.endpoint} refused the release with status {status}{said}; nothing more was sent."
