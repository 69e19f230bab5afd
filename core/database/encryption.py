"""TLS between Winnow and a PostgreSQL server."""

from __future__ import annotations

import ssl
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

MODES = ("disable", "prefer", "require", "verify-full")  # libpq's sslmode
REFUSES = "Server refuses SSL"  # pg8000's words


def context(mode: str) -> ssl.SSLContext | bool:
    """What the driver is told of a mode; for `prefer` that of a server without TLS (see `prefer`)."""
    if mode == "verify-full":
        return ssl.create_default_context()
    return _unchecked() if mode == "require" else False


def prefer(engine: sa.Engine) -> None:
    """From now on have the engine's connections use TLS where the server offers it."""
    unchecked = _unchecked()

    @event.listens_for(engine, "do_connect")
    def _connect(dialect: Any, _record: Any, places: Any, named: dict[str, Any]) -> Any:
        try:
            return dialect.connect(*places, **{**named, "ssl_context": unchecked})
        except dialect.loaded_dbapi.InterfaceError as error:
            if REFUSES not in error.args:
                raise
        return dialect.connect(*places, **named)


def _unchecked() -> ssl.SSLContext:
    """TLS with whoever answers. The driver would make its own for each connection, and read all certificates of this
    machine (20 ms) to look at none of them."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made
