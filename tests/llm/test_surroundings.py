"""What the environment may say of a line to a server: a proxy never sees a key or a prompt."""

from __future__ import annotations

import subprocess
import sys

import httpx2
import openai
import pytest

from core.llm.connection import list_models
from core.llm.errors import NoServer
from core.llm.service import open_service
from core.records import Refused
from core.release import hub_line
from core.settings import PROJECT
from tests.fake_openai import FakeOpenAI
from tests.liars import lying

KEY = "sk-right-one-00"
PLAIN, ENCRYPTED = "http://winnow-test.invalid/v1", "https://winnow-test.invalid/v1"


@pytest.fixture
def came(monkeypatch: pytest.MonkeyPatch):
    """What came to a server that the environment names as the proxy of everything."""
    found: list[str] = []
    with lying(lambda send: found.append("a request")) as address:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, address)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        yield found


def test_what_is_not_encrypted_takes_no_proxy(came: list[str], at) -> None:
    with pytest.raises(NoServer):
        list_models(at(PLAIN), KEY)
    with pytest.raises(openai.APIConnectionError):
        open_service(at(PLAIN), KEY).models.list()
    with hub_line._opened() as line, pytest.raises(httpx2.ConnectError):
        line.get(PLAIN, headers={"authorization": KEY})
    assert came == []


@pytest.mark.parametrize("value", ["socks5://127.0.0.1:1", "ftp://me:sesame@host:1", "http://me:sesame@[::1"])
def test_a_proxy_that_is_none_is_one_sentence_without_its_password(monkeypatch, at, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    for ask in (list_models, open_service):
        with pytest.raises(Refused, match="The proxy in the environment") as refused:
            ask(at(ENCRYPTED), KEY)
        assert "sesame" not in str(refused.value)


def test_certificates_that_are_not_there_are_named(monkeypatch, at) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/winnow-has-none.pem")
    with pytest.raises(Refused, match="SSL_CERT_FILE"):
        list_models(at(ENCRYPTED), KEY)


def test_https_to_a_server_without_it_says_so(at) -> None:
    with FakeOpenAI() as server, pytest.raises(NoServer, match="not in https"):
        list_models(at(server.url.replace("http:", "https:")), "")


def test_another_thread_that_loads_httpx_breaks_no_request() -> None:
    """Else the openai package finds it half loaded: a page that loaded the Hub's package had a run fail."""
    code = "import sys, core.llm.opening; sys.exit('httpx' not in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0
