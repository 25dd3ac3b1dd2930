"""A sign-on provider speaking real HTTP: discovery, keys, authorisation, tokens; and it can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID = "regulars"
CLIENT_SECRET = "a secret of the provider's"


class SignOnProvider:
    """One provider. `person` are the claims of whoever signs in; `twist` changes a token's claims
    before they are signed, `forge` its text on its way out.
    """

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "first"})
        self.signs_with = self.key
        self.forge: Callable[[str], str] = lambda token: token
        self.person: dict[str, Any] = {
            "sub": "person-1", "email": "Anna@Example.com", "email_verified": True, "name": "Anna Provider",
            "groups": ["crm"],
        }  # fmt: skip
        self.twist: Callable[[dict[str, Any]], object] = lambda _: None
        self.description: dict[str, Any] = {}
        self.codes_last = False
        self.asked: list[str] = []
        self.issuer = ""
        self._codes: dict[str, dict[str, str]] = {}

    def keys(self) -> dict[str, Any]:
        """What is published."""
        return {"keys": [self.key.as_dict(private=False)]}

    def describe(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorise?tenant=1",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **self.description,
        }

    def authorise(self, query: dict[str, str]) -> str:
        """Where somebody goes who signs in at once."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(8)
        self._codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorisation: str) -> dict[str, Any] | None:
        """Tokens for a code that fits in every way, else none."""
        code = form.get("code", "")
        asked = self._codes.get(code) if self.codes_last else self._codes.pop(code, None)
        scheme, _, given = authorisation.partition(" ")
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != asked["redirect_uri"]
            or scheme != "Basic"
            or base64.b64decode(given).decode() != f"{CLIENT_ID}:{CLIENT_SECRET}"
            or base64.urlsafe_b64encode(proof).decode().rstrip("=") != asked["code_challenge"]
        ):
            return None
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims |= self.person
        self.twist(claims)
        text = jwt.encode({"alg": "RS256", "kid": self.signs_with.kid}, claims, self.signs_with)
        return {"access_token": "unused", "token_type": "Bearer", "id_token": self.forge(text)}

    @contextmanager
    def serving(self) -> Iterator[SignOnProvider]:
        """Serve on a port of the system's choosing."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.issuer = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(provider: SignOnProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            provider.asked.append(parts.path)
            if parts.path == "/.well-known/openid-configuration":
                self._answer(200, provider.describe())
            elif parts.path == "/keys":
                self._answer(200, provider.keys())
            elif parts.path == "/authorise":
                self.send_response(303)
                self.send_header("Location", provider.authorise(_flat(parts.query)))
                self.end_headers()
            else:
                self._answer(404, {})

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            form = _flat(self.rfile.read(int(self.headers["Content-Length"])).decode())
            tokens = provider.token(form, unquote(self.headers.get("Authorization", "")))
            self._answer(200 if tokens else 400, tokens or {"error": "invalid_grant"})

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            """Nothing: the tests look at `asked`."""

    return Handler


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
