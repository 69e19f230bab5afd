"""What is said to a PostgreSQL server before the first word: with TLS, without, and what a refusal leads to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import pytest

from core.database import open_database
from core.records import StorageFailed

ASKS_FOR_TLS = (80877103).to_bytes(4, "big")
HELLO = 0x16  # the first byte of TLS
Spoken = list[bytes]


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], tuple[str, Spoken]]]:
    """A server that answers the wish for TLS with a letter, then hangs up: its address, and what it heard."""
    pytest.importorskip("pg8000", reason="requirements-postgresql.txt is not installed")
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def start(letter: bytes) -> tuple[str, Spoken]:
            heard: Spoken = []

            def serve() -> None:
                with suppress(OSError):  # the fixture closes the door
                    while True:
                        with server.accept()[0] as one:
                            heard.append(one.recv(8))
                            if heard[-1][4:] == ASKS_FOR_TLS:
                                one.sendall(letter)
                                heard.append(one.recv(8))

            threading.Thread(target=serve, daemon=True).start()
            return f"postgresql://ann@127.0.0.1:{server.getsockname()[1]}/x", heard

        yield start


def open_at(address: str) -> None:
    with pytest.raises(StorageFailed):  # it is no database
        open_database(address)


def test_who_offers_tls_is_spoken_to_in_it(answering: Callable[[bytes], tuple[str, Spoken]]) -> None:
    address, heard = answering(b"S")
    open_at(address)
    assert heard[0][4:] == ASKS_FOR_TLS and heard[1][0] == HELLO
    assert all(said[4:] == ASKS_FOR_TLS or said[0] == HELLO for said in heard), "no word in plain after that"


def test_who_refuses_tls_is_spoken_to_in_plain(answering: Callable[[bytes], tuple[str, Spoken]]) -> None:
    address, heard = answering(b"N")
    open_at(address)
    assert heard[0][4:] == ASKS_FOR_TLS
    assert any(said and said[0] != HELLO and said[4:] != ASKS_FOR_TLS for said in heard[1:])


@pytest.mark.parametrize("mode", ["require", "verify-full"])
def test_where_tls_is_wanted_nothing_is_said_in_plain(
    mode: str, answering: Callable[[bytes], tuple[str, Spoken]]
) -> None:
    address, heard = answering(b"N")
    open_at(f"{address}?sslmode={mode}")
    assert {said[4:] for said in heard if said} == {ASKS_FOR_TLS}


def test_where_tls_is_unwanted_it_is_not_asked_for(answering: Callable[[bytes], tuple[str, Spoken]]) -> None:
    address, heard = answering(b"S")
    open_at(f"{address}?sslmode=disable")
    assert heard and heard[0][4:] != ASKS_FOR_TLS
