"""Reading a public address of the web that a person gave: never one inside the company's own network.

Each name is resolved once, its address checked, and that very address connected to, redirects included; so
that no name can lead elsewhere between the check and the connection.
"""

from __future__ import annotations

import http.client
import ipaddress
import os
import socket
import ssl
import zlib
from dataclasses import dataclass
from time import monotonic
from urllib.parse import urljoin, urlsplit

LARGEST = 5_000_000
"""Bytes, unpacked."""
SECONDS = 20.0
REDIRECTS = 5
AGENT = "Pomar"


class Unfetchable(Exception):
    """Why an address could not be read, in few words: `private`, `address`, `redirects`, `large`, `slow`, or what
    the network said."""


@dataclass(frozen=True)
class Fetched:
    status: int
    url: str
    headers: dict[str, str]
    body: bytes


def fetch(url: str, headers: dict[str, str] | None = None) -> Fetched:
    """GET an http or https address. Raises Unfetchable.

    POMAR_PRIVATE_ADDRESSES=1 allows those of one's own network.
    """
    until = monotonic() + SECONDS
    for _hop in range(REDIRECTS + 1):
        answer = _ask(url, headers or {}, until)
        if answer.status not in (301, 302, 303, 307, 308) or "location" not in answer.headers:
            return answer
        url = urljoin(url, answer.headers["location"])
    raise Unfetchable("redirects")


def _ask(url: str, headers: dict[str, str], until: float) -> Fetched:
    parts = urlsplit(url)
    try:
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        if not parts.hostname or parts.username is not None:
            raise ValueError(url)
    except (KeyError, ValueError):
        raise Unfetchable("address") from None
    sent = {"User-Agent": AGENT, "Accept-Encoding": "gzip", "Host": parts.netloc} | headers
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(parts.hostname, port)
    try:
        connection.sock = _connected(parts.hostname, port, parts.scheme == "https", until)
        connection.request("GET", path, headers=sent)
        response = connection.getresponse()
        told = {name.lower(): value for name, value in response.getheaders()}
        return Fetched(response.status, url, told, _body(response, told, until))
    except (OSError, http.client.HTTPException, zlib.error, UnicodeError) as error:
        raise Unfetchable("slow" if isinstance(error, TimeoutError) else str(error)[:200]) from error
    finally:
        connection.close()


def _connected(host: str, port: int, secure: bool, until: float) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]) for one in found]
    if os.environ.get("POMAR_PRIVATE_ADDRESSES") != "1" and not all(map(_is_public, addresses)):
        raise Unfetchable("private")
    plain = socket.create_connection((addresses[0], port), timeout=max(0.1, until - monotonic()))
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host) if secure else plain


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    inside = getattr(found, "ipv4_mapped", None) or found
    return inside.is_global and not inside.is_multicast


def _body(response: http.client.HTTPResponse, headers: dict[str, str], until: float) -> bytes:
    packed = zlib.decompressobj(wbits=47) if headers.get("content-encoding", "").lower() == "gzip" else None
    body = b""
    while chunk := response.read1(65_536):
        body += packed.decompress(chunk, LARGEST + 1 - len(body)) if packed else chunk
        if len(body) > LARGEST:
            raise Unfetchable("large")
        if monotonic() > until:
            raise Unfetchable("slow")
    return body
