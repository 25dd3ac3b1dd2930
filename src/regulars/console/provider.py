"""What is said to an OpenID Connect provider, and what is believed of its answers.

The authorisation code flow with PKCE (S256), a state and a nonce. An ID token counts when the provider's published
keys signed it with an algorithm of public keys, for us, for this very sign-in, and it has not expired. Every call has
ten seconds, every answer a bound, and no redirect is followed.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

import httpx
import msgspec
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from regulars.observe import get_logger

from .accounts import Role
from .i18n import _
from .sign_on import Attempt, Identity, ProviderAway, TokenRefused
from .sign_on_settings import SignOnSettings, is_private

CALL_SECONDS: Final = 10.0
ANSWER_BYTES_MAX: Final = 256 * 1024
KEPT_SECONDS: Final = 3_600.0
"""How long the provider's description and keys are believed."""
REFRESH_SECONDS: Final = 60.0
"""How soon keys are fetched again because a token names one we do not know."""
LEEWAY_SECONDS: Final = 60
"""How far the provider's clock may be off."""
KEYS_MAX: Final = 100
_ALGORITHMS: Final = tuple(f"{kind}{bits}" for kind in ("RS", "PS", "ES") for bits in (256, 384, 512))
_PUBLIC_KEYS: Final = ("RSA", "EC")
_CLAIM_CHARACTERS_MAX: Final = 320
_log = get_logger("sign_on")
Shape = TypeVar("Shape")


class _Description(Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: list[str] = msgspec.field(
        default_factory=lambda: ["client_secret_basic"]
    )


class _Keys(Struct, frozen=True):
    keys: list[dict[str, Any]]


class _Tokens(Struct, frozen=True):
    id_token: str
    access_token: str | None = None


class Provider:
    """One provider. `return_to` is our address it sends people back to; `monotonic` gives seconds that only grow."""

    def __init__(
        self,
        chosen: SignOnSettings,
        return_to: str,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self.chosen = chosen
        self._return_to = return_to
        self._clock = clock
        self._monotonic = monotonic
        self._description: tuple[float, _Description] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def begin(self) -> tuple[str, Attempt]:
        """Where to send somebody who wants to sign in, and what to remember of it. Raises ProviderAway."""
        attempt = Attempt(*(secrets.token_urlsafe(32) for _ in range(3)))
        url, _state = self._client("none").create_authorization_url(
            (await self._describe()).authorization_endpoint,
            state=attempt.state,
            code_verifier=attempt.verifier,
            nonce=attempt.nonce,
        )
        return str(url), attempt

    async def finish(self, code: str, attempt: Attempt) -> Identity:
        """Who came back with a code. Raises TokenRefused, ProviderAway."""
        described = await self._describe()
        tokens = await self._trade(described, code, attempt.verifier)
        return self._identity(await self._claims(described, tokens, attempt.nonce))

    # -- the provider's answers -------------------------------------------------------------------

    async def _trade(self, described: _Description, code: str, verifier: str) -> _Tokens:
        body = prepare_token_request(
            "authorization_code", redirect_uri=self._return_to, code=code, code_verifier=verifier
        )
        methods = described.token_endpoint_auth_methods_supported
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        client = self._client(method if self.chosen.client_secret else "none")
        signed = client.client_auth(client.token_endpoint_auth_method)
        url, headers, body = signed.prepare("POST", described.token_endpoint, headers, body)
        status, answer = await _call("POST", url, headers=headers, content=body)
        if 400 <= status < 500:
            _log.warning("token refused", step="code", status=status)
            raise TokenRefused(_("The provider did not accept its own answer. Sign in again."))
        return _read(status, answer, _Tokens)

    async def _claims(self, described: _Description, tokens: _Tokens, nonce: str) -> Mapping[str, Any]:
        try:
            token = await self._verified(described, tokens.id_token)
            claims = CodeIDToken(
                token.claims,
                token.header,
                options={
                    "iss": {"essential": True, "value": self.chosen.issuer},
                    "aud": {"essential": True, "value": self.chosen.client_id},
                    "exp": {"essential": True},
                },
                params={
                    "nonce": nonce,
                    "client_id": self.chosen.client_id,
                    "access_token": tokens.access_token,
                },
            )
            claims.validate(now=int(self._clock().timestamp()), leeway=LEEWAY_SECONDS)
        except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError) as error:
            _log.warning("token refused", step="token", reason=type(error).__name__)
            raise TokenRefused(_("What the provider sent does not hold. Sign in again.")) from None
        return dict(claims)

    async def _verified(self, described: _Description, text: str) -> jwt.Token:
        try:
            return jwt.decode(text, await self._key_set(described, KEPT_SECONDS), algorithms=_ALGORITHMS)
        except InvalidKeyIdError:
            # Providers change their keys; whoever makes up key names does not make us ask each time.
            return jwt.decode(text, await self._key_set(described, REFRESH_SECONDS), algorithms=_ALGORITHMS)

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        subject = claims["sub"]
        if not subject or len(subject) > _CLAIM_CHARACTERS_MAX:
            raise TokenRefused(_("The provider did not say who you are."))
        return Identity(
            issuer=self.chosen.issuer,
            subject=subject,
            email=_text(claims.get("email")),
            email_verified=claims.get("email_verified") is True,
            name=_text(claims.get("name")),
            role=_role(self.chosen, claims),
        )

    # -- what is kept of it -----------------------------------------------------------------------

    async def _describe(self) -> _Description:
        now = self._monotonic()
        if self._description is None or now - self._description[0] > KEPT_SECONDS:
            address = self.chosen.issuer.rstrip("/") + "/.well-known/openid-configuration"
            found = _read(*await _call("GET", address), _Description)
            places = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
            if found.issuer != self.chosen.issuer or not all(map(is_private, places)):
                _log.error("provider refused", issuer=found.issuer[:_CLAIM_CHARACTERS_MAX])
                raise ProviderAway("The provider describes itself as another one, or without TLS.")
            self._description = (now, found)
        return self._description[1]

    async def _key_set(self, described: _Description, kept_seconds: float) -> KeySet:
        now = self._monotonic()
        if self._keys is None or now - self._keys[0] > kept_seconds:
            listed = _read(*await _call("GET", described.jwks_uri), _Keys).keys[:KEYS_MAX]
            fit = [one for one in listed if one.get("kty") in _PUBLIC_KEYS and one.get("use", "sig") == "sig"]
            try:
                self._keys = (now, KeySet.import_key_set({"keys": fit}))
            except (JoseError, ValueError, TypeError, KeyError):
                raise ProviderAway("The provider publishes no keys that can be used.") from None
        return self._keys[1]

    def _client(self, method: str) -> Any:
        chosen = self.chosen
        return OAuth2Client(
            None,
            client_id=chosen.client_id,
            client_secret=chosen.client_secret,
            token_endpoint_auth_method=method,
            scope=" ".join(chosen.scopes),
            redirect_uri=self._return_to,
            code_challenge_method="S256",
        )


async def _call(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, content: str | None = None
) -> tuple[int, bytes]:
    """Status and body of one call. Raises ProviderAway."""
    try:
        async with (
            asyncio.timeout(CALL_SECONDS),
            httpx.AsyncClient(timeout=CALL_SECONDS) as client,
            client.stream(method, url, headers=headers, content=content) as answer,
        ):
            return answer.status_code, await _body(answer)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        _log.warning("provider away", reason=type(error).__name__)
        raise ProviderAway("The sign-on provider does not answer. Try again in a moment.") from None


async def _body(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > ANSWER_BYTES_MAX:
            raise ProviderAway("The provider's answer is too long.")
    return bytes(body)


def _read(status: int, answer: bytes, shape: type[Shape]) -> Shape:
    try:
        if status == 200:
            return msgspec.json.decode(answer, type=shape)
    except msgspec.DecodeError:
        pass
    _log.warning("provider away", reason="answer", status=status)
    raise ProviderAway("The sign-on provider does not answer as one. Try again in a moment.")


def _text(value: object) -> str:
    return value.strip()[:_CLAIM_CHARACTERS_MAX] if isinstance(value, str) else ""


def _role(chosen: SignOnSettings, claims: Mapping[str, Any]) -> Role | None:
    said = _claim(claims, chosen.role_claim)
    values = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    return next((role for value, role in chosen.roles if value in values), None)


def _claim(claims: Mapping[str, Any], name: str) -> object:
    """A claim by its name; one within others by their names with dots between."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found
