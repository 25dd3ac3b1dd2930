"""Single sign-on: every token and every provider that is refused."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import Callable
from contextlib import closing
from typing import Any

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey

from regulars.console.provider import ANSWER_BYTES_MAX, REFRESH_SECONDS, Provider
from regulars.console.sign_on import TokenRefused
from regulars.store.database import Database
from tests.console.factors import Clock
from tests.console.sign_on.way import chosen, enter, signed_in
from tests.console.sign_on_provider import CLIENT_ID, SignOnProvider
from tests.console.stage import EMAIL, Stage, sign_in

TWISTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "another nonce": lambda claims: claims.update(nonce="made up"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "for another": lambda claims: claims.update(aud="another client"),
    "for several, by another": lambda claims: claims.update(aud=[CLIENT_ID, "other"], azp="other"),
    "for nobody": lambda claims: claims.pop("aud"),
    "of another issuer": lambda claims: claims.update(iss="https://evil.example"),
    "expired": lambda claims: claims.update(exp=claims["iat"] - 120),
    "never expiring": lambda claims: claims.pop("exp"),
    "of the future": lambda claims: claims.update(iat=claims["iat"] + 600),
    "of nobody": lambda claims: claims.pop("sub"),
    "of an empty name": lambda claims: claims.update(sub=""),
    "of a very long name": lambda claims: claims.update(sub="x" * 1000),
    "of a number": lambda claims: claims.update(sub=7),
}


@pytest.mark.parametrize("twist", TWISTS)
def test_a_token_that_does_not_hold_lets_nobody_in(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client, twist: str
) -> None:
    provider.twist = TWISTS[twist]
    answer = enter(stranger)
    assert answer.status_code == 403
    assert "Not signed in" in answer.text
    assert not signed_in(stranger)


def test_a_token_is_taken_within_a_minute_of_the_providers_clock(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client
) -> None:
    provider.twist = lambda claims: claims.update(exp=claims["iat"] - 20, aud=[CLIENT_ID])
    assert enter(stranger).status_code == 303


@pytest.mark.parametrize("kid", ["first", "unknown"])
def test_a_signature_of_another_key_lets_nobody_in(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client, kid: str
) -> None:
    provider.signs_with = RSAKey.generate_key(2048, {"kid": kid})
    assert enter(stranger).status_code == 403
    assert not signed_in(stranger)


def resigned(token: str, algorithm: str, secret: bytes, kid: str = "first") -> str:
    """The same claims under another header, and what may pass for a signature."""
    header = (
        base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "kid": kid}).encode()).decode().rstrip("=")
    )
    said = f"{header}.{token.split('.')[1]}"
    made = hmac.digest(secret, said.encode(), "sha256") if secret else b""
    return f"{said}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


def test_a_token_that_anybody_could_sign_lets_nobody_in(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client
) -> None:
    shared = OctKey.generate_key(256, {"kid": "shared", "alg": "HS256"})
    published = provider.keys
    provider.keys = lambda: {"keys": [*published()["keys"], shared.as_dict()]}  # type: ignore[method-assign]
    forgeries: tuple[Callable[[str], str], ...] = (
        lambda token: resigned(token, "none", b""),
        lambda token: resigned(token, "HS256", provider.key.as_pem(private=False)),
        lambda token: resigned(token, "HS256", shared.get_op_key("sign"), "shared"),
        lambda token: token.rpartition(".")[0] + ".",
        lambda token: token[:-8] + "AAAAAAAA",
        lambda token: f"x{token}",
        lambda token: "",
        lambda token: "a.b.c",
    )
    for forge in forgeries:
        provider.forge = forge
        assert enter(stranger).status_code == 403
        assert not signed_in(stranger)
    provider.forge = lambda token: token
    assert enter(stranger).status_code == 303


def test_new_keys_are_fetched_when_named_but_not_each_time_somebody_asks(
    provider: SignOnProvider, clock: Clock
) -> None:
    """The clock of the provider's cache is handed in, so this is about the class alone."""
    seconds = [0.0]
    made = Provider(chosen(provider), "http://127.0.0.1:8400/back", clock, lambda: seconds[0])

    async def enter_once() -> str:
        url, attempt = await made.begin()
        async with httpx.AsyncClient() as client:
            back = httpx.URL((await client.get(url)).headers["location"])
        return (await made.finish(back.params["code"], attempt)).subject

    async def story() -> None:
        assert await enter_once() == "person-1"
        provider.key = provider.signs_with = RSAKey.generate_key(2048, {"kid": "second"})
        for _ in range(3):
            with pytest.raises(TokenRefused, match="does not hold"):
                await enter_once()
        assert provider.asked.count("/keys") == 1
        seconds[0] += REFRESH_SECONDS + 1
        assert await enter_once() == "person-1"
        assert await enter_once() == "person-1"
        assert provider.asked.count("/keys") == 2
        assert provider.asked.count("/.well-known/openid-configuration") == 1

    asyncio.run(story())


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
        {"padding": "x" * ANSWER_BYTES_MAX},
    ],
)
def test_a_provider_that_describes_itself_wrongly_is_not_asked(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client, description: dict[str, Any]
) -> None:
    provider.description = description
    answer = stranger.get("/sign-in/provider")
    assert answer.status_code == 503
    assert "Not signed in" in answer.text


def test_a_provider_that_is_away_is_told_and_passwords_still_work(
    database: Database, stage: Stage, provider: SignOnProvider
) -> None:
    with SignOnProvider().serving() as gone:
        settings = chosen(gone)
    with Stage(database, sign_on=settings).serving() as lonely, closing(lonely.client(email=None)) as client:
        answer = client.get("/sign-in/provider")
        assert answer.status_code == 503
        assert "does not answer" in answer.text
        assert sign_in(client, EMAIL).status_code == 303
