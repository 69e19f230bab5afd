"""What the environment may say of a line to a server: a proxy for what is encrypted, certificates, and nothing else.

A proxy (HTTPS_PROXY, ALL_PROXY) of an https address sees the server's name and no more. One of an http address would
see keys and prompts, and nobody who names a server means to send them to a third: such a request goes straight to it.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from core.records import Refused

STRAIGHT: dict[str, None] = {"http://": None}
"""The `mounts` of a client: what is not encrypted takes no proxy."""


def trusted(address: str) -> ssl.SSLContext:
    """The certificates that a server at this address is believed by: those that the environment names count for one on
    this machine too, and are looked at for https alone."""
    import httpx2

    return httpx2.create_ssl_context(trust_env=address.lower().startswith("https://"))


@contextmanager
def understood() -> Iterator[None]:
    """Turn what the environment says wrongly into Refused, while a client is made; addresses may hold passwords."""
    import httpx2

    try:
        yield
    except (ValueError, ImportError, httpx2.InvalidURL) as error:
        raise Refused(
            "The proxy in the environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY) cannot be used: it is an address such "
            "as http://proxy:3128, without SOCKS; set it right, or take it out."
        ) from error
    except OSError as error:
        raise Refused(
            "The certificates that the environment names (SSL_CERT_FILE, SSL_CERT_DIR) cannot be read; set them right, "
            "or take them out."
        ) from error
