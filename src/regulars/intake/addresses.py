"""The address a vendor used: what it signed, wherever we stand behind proxies."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from regulars.settings import Settings, SettingsError

from .asgi import Incoming

Network: TypeAlias = IPv4Network | IPv6Network

NOTIFICATION_URL: Final = "notification_url"
"""Source option: the exact address that was registered with the vendor, where it differs from ours."""


class Addresses:
    """Works out public addresses from the settings and, behind trusted proxies alone, forwarded headers."""

    def __init__(self, settings: Settings) -> None:
        self._public = settings.public_url
        self._proxies = networks(settings.trusted_proxies)

    def url(self, request: Incoming) -> str:
        """The public address of a request: under public_url when set, else as the caller wrote it.

        The Host header may be forged, which is harmless here: the address is checked against a signature.
        """
        return self._origin(request) + _target(request)

    def _origin(self, request: Incoming) -> str:
        if self._public is not None:
            return self._public.rstrip("/")
        scheme, host = request.scope["scheme"], request.header(b"host")
        if self._proxies and self._trusted(request):
            scheme = _nearest(request.header(b"x-forwarded-proto")) or scheme
            host = _nearest(request.header(b"x-forwarded-host")) or host
        return f"{scheme}://{host}"

    def caller(self, peer: str, forwarded_for: str) -> str:
        """Who asks: the peer itself, or, where it is a trusted proxy, the last address that is none of ours."""
        hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
        while hops and self._is_proxy(peer):
            peer = hops.pop()
        return peer

    def _trusted(self, request: Incoming) -> bool:
        client = request.scope.get("client")
        return client is not None and self._is_proxy(client[0])

    def _is_proxy(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)


def networks(names: tuple[str, ...]) -> list[Network]:
    """Addresses and networks of proxies. Raises SettingsError."""
    try:
        return [ip_network(name, strict=False) for name in names]
    except ValueError:
        raise SettingsError(
            "The setting trusted_proxies takes addresses such as 10.0.0.1 and networks such as 10.0.0.0/8.",
            field="trusted_proxies",
        ) from None


def _target(request: Incoming) -> str:
    raw: bytes = request.scope.get("raw_path") or request.path.encode()
    query: bytes = request.scope.get("query_string", b"")
    path = raw.partition(b"?")[0].decode("latin-1")
    return f"{path}?{query.decode('latin-1')}" if query else path


def _nearest(header: str) -> str:
    """The value our own proxy wrote: the first of a list, which it replaced or began."""
    return header.split(",", maxsplit=1)[0].strip()
