"""Whether the port that the workbench is to be served at is free, and who has it: asked of this machine alone."""

from __future__ import annotations

import errno
import os
import socket
from http.client import HTTPConnection, HTTPException

from core.records import Refused

MARK = "x-served-by", "Winnow"
"""A header of every answer of the workbench, by which another start knows it."""

_PATIENCE_S = 2.0  # for whoever has the port to say who it is


def must_be_free(address: str, port: int) -> None:
    """Refused in one sentence where nothing can be served at this address and port, saying who is there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family) as asked:
            if os.name != "nt":  # as the server does: a port that was just left can be had again
                asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            asked.bind((address, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Refused(_taken(address, port)) from error
        if error.errno == errno.EACCES:
            raise Refused(
                f"The port {port} is the system's own: choose one from 1024 up, `winnow app --port 8502`."
            ) from error
        # An address that this machine has not got: the server says so itself.


def _taken(address: str, port: int) -> str:
    other = port + 1 if port < 65535 else port - 1
    here = {"0.0.0.0": "127.0.0.1", "::": "localhost"}.get(address, address)  # by which it can be asked
    if _is_winnow(here, port):
        return (
            f"The port {port} is taken by a Winnow: open http://{here}:{port} in the browser, or serve a second one "
            f"beside it by `winnow app --port {other}`."
        )
    return f"The port {port} is taken by another program: end that one, or serve by `winnow app --port {other}`."


def _is_winnow(address: str, port: int) -> bool:
    line = HTTPConnection(address, port, timeout=_PATIENCE_S)
    try:
        line.request("HEAD", "/")
        return line.getresponse().getheader(MARK[0]) == MARK[1]
    except (OSError, HTTPException):
        return False
    finally:
        line.close()
