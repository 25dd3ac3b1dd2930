"""Which addresses webhooks may go to: the public internet, and this machine where development allows it.

An address that somebody typed in may name what only we can reach: services on this machine or in our network, the
metadata service of a cloud. So a name is looked up by us, every address it has must be public, and the connection goes
to the very address that was judged: a name that answers otherwise a moment later (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, TypeAlias

import httpx
from msgspec import Struct

from regulars.vocabulary.errors import InvalidInput

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Addresses of a host for a port, the best one first. Raises OSError."""
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

LOOKUPS_MAX: Final = 64
_PORTS: Final = {"https": 443, "http": 80}
# Public by their number, but the metadata or control services of clouds.
_CLOUD: Final = [ipaddress.ip_network(text) for text in ("192.0.0.0/24", "168.63.129.16/32")]
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class Place(Struct, frozen=True):
    """Where to connect for a URL: `addresses` are those that were judged; `host` is the name for TLS and `Host`."""

    url: httpx.URL
    host: str
    addresses: list[str]


async def find(url: str, resolve: Resolve, *, loopback: bool) -> Place:
    """Look a URL up and judge it. Raises InvalidInput, with the field `url`, for one that may not be told."""
    parsed = _parse(url)
    host = parsed.raw_host.decode("ascii")
    try:
        addresses = list(await resolve(host, parsed.port or _PORTS[parsed.scheme]))
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise _bad("The host %(host)s cannot be found.", host=host)
    judged = [ipaddress.ip_address(text.partition("%")[0]) for text in addresses]
    if not (loopback and all(one.is_loopback for one in judged)):
        if parsed.scheme != "https":
            raise _bad("An address begins with https://, so that what is sent cannot be read on its way.")
        if not all(_is_public(_inner(one)) for one in judged):
            raise _bad(
                "The host %(host)s is not on the public internet; webhooks go nowhere else.", host=host
            )
    return Place(parsed, host, addresses)


class Names:
    """Looks hosts up as the system does. On threads of its own: a name server that hangs holds up nothing else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKUPS_MAX, thread_name_prefix="lookup")

    async def __call__(self, host: str, port: int) -> list[str]:
        """The addresses of a host. Raises OSError."""
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        return list(dict.fromkeys(str(one[4][0]) for one in found))

    def close(self) -> None:
        """Look nothing up any more; what hangs is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _parse(url: str) -> httpx.URL:
    if not url.isascii() or not url.isprintable() or " " in url:
        raise _bad(
            "An address has plain letters only; write other ones as a browser's address line copies them."
        )
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        raise _bad("This is no address, such as https://example.com/hooks.") from None
    if parsed.scheme not in _PORTS or not parsed.host or not 0 < (parsed.port or 1) < 65_536:
        raise _bad("This is no address, such as https://example.com/hooks.")
    if parsed.userinfo:
        raise _bad("An address holds no name or password; the signature tells that a message is ours.")
    if parsed.fragment:
        raise _bad("An address has no part after #.")
    return parsed


def _inner(address: _Address) -> _Address:
    """The IPv4 address inside an address that only wraps one; others as they are."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address in _NAT64:
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address


def _is_public(address: _Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in network for network in _CLOUD if network.version == address.version)


def _bad(message: str, **values: Any) -> InvalidInput:
    return InvalidInput(message, field="url", **values)
