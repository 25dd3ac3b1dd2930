"""The way by the provider: how the tests set it up, and how somebody walks it."""

from __future__ import annotations

from typing import Any

import httpx

from regulars.console.sign_on_settings import SignOnSettings
from tests.console.sign_on_provider import CLIENT_ID, CLIENT_SECRET, SignOnProvider

ANNA = "anna@example.com"
ROLES = (("crm-leads", "marketer"), ("it", "engineer"), ("crm", "manager"), ("heads", "owner"))


def chosen(provider: SignOnProvider, **changed: Any) -> SignOnSettings:
    """How the tests' provider is set up."""
    values: dict[str, Any] = {
        "issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "name": "Head Office",
        "scopes": ("openid", "email"), "role_claim": "groups", "roles": ROLES,
    }  # fmt: skip
    return SignOnSettings(**values | changed)


def leave(client: httpx.Client, target: str = "/") -> httpx.URL:
    """Press the button and sign in at the provider: the address one is sent back to."""
    away = client.get("/sign-in/provider", params={"next": target})
    assert away.status_code == 303, away.text
    back = httpx.get(away.headers["location"])
    assert back.status_code == 303
    return httpx.URL(back.headers["location"])


def come_back(client: httpx.Client, address: httpx.URL) -> httpx.Response:
    """Follow the way back; the console's public address is another one than the test's."""
    assert str(address).startswith("http://127.0.0.1:8400/sign-in/provider/return?")
    return client.get(address.raw_path.decode())


def enter(client: httpx.Client, target: str = "/") -> httpx.Response:
    """The whole way."""
    return come_back(client, leave(client, target))


def signed_in(client: httpx.Client) -> bool:
    """Whether a browser is in."""
    return client.get("/").status_code == 200
