"""What the environment may say of a line to a server: a proxy never sees a key or a prompt."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import sys

import httpx2
import openai
import pytest

from core.llm.connection import list_models
from core.llm.errors import BadReply, NoServer
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


@pytest.mark.parametrize(
    "says", ["The plain HTTP request was sent to HTTPS port", "You're speaking plain HTTP to an SSL-"]
)
def test_a_port_of_https_asked_in_http_says_so(at, says: str) -> None:
    page = f"<html><title>400 {says}</title></html>".encode()
    head = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(page)
    with lying(lambda send: send(head + page)) as address, pytest.raises(NoServer, match="takes https alone"):
        list_models(at(address), "")
    with lying(lambda send: None) as address, pytest.raises(BadReply, match="begin the address with https://"):
        list_models(at(address), "")


def test_a_server_on_this_machine_is_believed_by_the_certificate_that_the_environment_names(
    tmp_path, monkeypatch, at
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    said = b'{"data": [{"id": "ours"}]}'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(said)
    with lying(lambda send: send(head + said), context) as address:
        place = address.replace("http://127.0.0.1", "https://localhost")
        with pytest.raises(NoServer, match="not trusted here"):
            list_models(at(place), "")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert list_models(at(place), "") == ["ours"]


def test_another_thread_that_loads_httpx_breaks_no_request() -> None:
    """Else the openai package finds it half loaded: a page that loaded the Hub's package had a run fail."""
    code = "import sys, core.llm.opening; sys.exit('httpx' not in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0
