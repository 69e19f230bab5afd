"""Installing a released parser from a server on this machine."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from core.diversity.install import InstallFailed, install_parser


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def publish(site: tuple[Path, str]) -> Callable[..., str]:
    """Puts an archive and an index on the site and returns the index's address."""
    folder, url = site

    def published(files: dict[str, bytes], checksum: str | None = None, archive: str | None = None) -> str:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as bundle:
            for name, content in files.items():
                bundle.writestr(name, content)
        (folder / "model.zip").write_bytes(packed.getvalue())
        digest = checksum or hashlib.md5(packed.getvalue(), usedforsecurity=False).hexdigest()
        address = archive or f"{url}/model.zip"
        (folder / "index.xml").write_text(
            f'<nltk_data><packages><package id="benepar_en3" url="{address}" checksum="{digest}" unzip="1"/>'
            "</packages></nltk_data>"
        )
        return f"{url}/index.xml"

    return published


def test_an_installed_parser_is_ready_to_be_chosen(tmp_path: Path, publish: Callable[..., str]) -> None:
    index = publish({"benepar_en3/benepar_model.bin": b"w" * 700_000, "benepar_en3/config.json": b"{}"})
    seen: list[tuple[int, int]] = []
    parser = install_parser("benepar_en3", lambda done, total: seen.append((done, total)), tmp_path / "p", index)
    assert parser.name == "benepar_en3"
    assert parser.model == tmp_path / "p" / "benepar_en3"
    assert seen[0][0] == 0
    assert seen[-1][0] == seen[-1][1] > 0
    assert [entry.name for entry in (tmp_path / "p").iterdir()] == ["benepar_en3"]


def test_without_a_network_one_sentence_says_so(tmp_path: Path, site: tuple[Path, str]) -> None:
    with pytest.raises(InstallFailed, match=r"127\.0\.0\.1 cannot be reached: check the network"):
        install_parser("benepar_en3", folder=tmp_path / "p", index="http://127.0.0.1:9/index.xml")


@pytest.mark.parametrize(
    ("files", "checksum", "message"),
    [
        ({"benepar_en3/benepar_model.bin": b"w"}, "0" * 32, "checksum is wrong"),
        ({"other/benepar_model.bin": b"w"}, None, "does not hold benepar_en3"),
        ({"../outside": b"w", "benepar_en3/benepar_model.bin": b"w"}, None, "outside its folder"),
    ],
)
def test_a_bad_download_changes_nothing(
    tmp_path: Path, publish: Callable[..., str], files: dict[str, bytes], checksum: str | None, message: str
) -> None:
    good = publish({"benepar_en3/benepar_model.bin": b"good"})
    install_parser("benepar_en3", folder=tmp_path / "p", index=good)
    with pytest.raises(InstallFailed, match=message):
        install_parser("benepar_en3", folder=tmp_path / "p", index=publish(files, checksum))
    assert (tmp_path / "p" / "benepar_en3" / "benepar_model.bin").read_bytes() == b"good"
    assert [entry.name for entry in (tmp_path / "p").iterdir()] == ["benepar_en3"]
    assert not (tmp_path / "outside").exists()


def test_an_index_cannot_point_at_a_local_file(tmp_path: Path, publish: Callable[..., str]) -> None:
    with pytest.raises(InstallFailed, match="no web address"):
        install_parser("benepar_en3", folder=tmp_path / "p", index=publish({}, archive="file:///etc/hostname"))


def test_only_parsers_whose_trees_can_be_read_are_offered(tmp_path: Path) -> None:
    with pytest.raises(InstallFailed, match="choose one of benepar_en3"):
        install_parser("benepar_de2", folder=tmp_path)
