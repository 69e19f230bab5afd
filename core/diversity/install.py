"""Downloads a released Berkeley parser, on a person's word only."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen
from xml.etree.ElementTree import Element, ParseError, fromstring

from core.diversity.parser import Parser, parser_named, parsers_folder
from core.records import WinnowError

INDEX = "https://kitaev.com/benepar/index.xml"
"""benepar's own list of models and where they lie."""

INSTALLABLE = {"benepar_en3": "en", "benepar_en3_large": "en", "benepar_zh2": "zh"}
"""The released models whose trees `verbnoun` can read, with the language of each."""

OnBytes = Callable[[int, int], None]
"""Called with the bytes that have come and the bytes there are (0 when the server does not say)."""

_BLOCK = 1 << 18
_TIMEOUT = 30
_MAX_INDEX = 1 << 20


class InstallFailed(WinnowError):
    """The parser could not be fetched or is not what the index promised; nothing was changed."""


def install_parser(
    name: str, on_progress: OnBytes | None = None, folder: Path | None = None, index: str = INDEX
) -> Parser:
    """Download a parser into `folder` (by default `parsers` in the data folder) and return it, ready to be chosen.

    An installed one is replaced only when the new one is complete. Raises InstallFailed with one clear sentence when
    there is no network, the name is not one of `INSTALLABLE`, or the download does not match its checksum; raises
    ParserMissing when the model is in place but a package that it needs is not.
    """
    if name not in INSTALLABLE:
        raise InstallFailed(f"There is no parser named {name} to install: choose one of {', '.join(INSTALLABLE)}.")
    folder = parsers_folder() if folder is None else folder
    folder.mkdir(parents=True, exist_ok=True)
    package = _package(name, index)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".installing-") as scratch:
        archive = Path(scratch) / "model.zip"
        _download(
            package.get("url", ""), archive, package.get("checksum", ""), on_progress or (lambda done, total: None)
        )
        _place(archive, Path(scratch) / "unpacked", name, folder)
    return parser_named(name, folder)


def _package(name: str, index: str) -> Element:
    with _open(index) as reply:
        listing = reply.read(_MAX_INDEX)
    try:
        packages = list(fromstring(listing).iter("package"))
    except ParseError as error:
        raise InstallFailed(f"The list of parsers at {index} cannot be read: try again later.") from error
    found = next((package for package in packages if package.get("id") == name), None)
    if found is None:
        raise InstallFailed(f"The list of parsers at {index} no longer has {name}: use the built-in parser.")
    return found


def _open(url: str) -> HTTPResponse:
    if urlsplit(url).scheme not in ("http", "https"):
        raise InstallFailed(
            f"The list of parsers names an address that is no web address ({url}): nothing was fetched."
        )
    try:
        reply: HTTPResponse = urlopen(url, timeout=_TIMEOUT)
    except (URLError, HTTPException, TimeoutError, OSError) as error:
        raise InstallFailed(_no_network(url)) from error
    return reply


def _no_network(url: str) -> str:
    host = urlsplit(url).hostname
    return f"The parser cannot be downloaded because {host} cannot be reached: check the network, then try again."


def _download(url: str, archive: Path, checksum: str, on_progress: OnBytes) -> None:
    digest = hashlib.md5(usedforsecurity=False)
    done = 0
    with _open(url) as reply, archive.open("wb") as file:
        total = int(reply.headers.get("Content-Length") or 0)
        on_progress(0, total)
        try:
            while block := reply.read(_BLOCK):
                file.write(block)
                digest.update(block)
                done += len(block)
                on_progress(done, total)
        except (HTTPException, TimeoutError, OSError) as error:
            raise InstallFailed(f"The download broke off after {done} bytes: try again.") from error
    if (total and done != total) or (checksum and digest.hexdigest() != checksum.lower()):
        raise InstallFailed("The downloaded parser is damaged (its checksum is wrong): try again.")


def _place(archive: Path, unpacked: Path, name: str, folder: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as bundle:
            root = unpacked.resolve()
            if any(not (unpacked / member).resolve().is_relative_to(root) for member in bundle.namelist()):
                raise InstallFailed("The downloaded archive tries to write outside its folder: it was not unpacked.")
            bundle.extractall(unpacked)
    except zipfile.BadZipFile as error:
        raise InstallFailed("The downloaded parser is no zip archive: try again later.") from error
    if not (unpacked / name / "benepar_model.bin").is_file():
        raise InstallFailed(f"The downloaded archive does not hold {name}: nothing was installed.")
    target = folder / name
    old = folder / f".{name}.old"
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    (unpacked / name).rename(target)
    shutil.rmtree(old, ignore_errors=True)
