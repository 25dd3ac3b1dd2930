"""A telephone with an authenticator app, and a clock that can be put forward, for the tests of second factors."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx

from regulars.console.totp import STEP_SECONDS, code_at, step_at
from tests.console.stage import token_in


class Clock:
    """The time the console goes by; it stands until it is put forward."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def later(self, seconds: float = STEP_SECONDS) -> None:
        self.now += timedelta(seconds=seconds)


def read_secret(text: str) -> bytes:
    """A secret typed from the page, as an app reads it."""
    plain = text.replace(" ", "")
    return base64.b32decode(plain + "=" * (-len(plain) % 8))


class Telephone:
    """An app that was given a secret."""

    def __init__(self, page: str, clock: Clock) -> None:
        found = re.search(r"<code>([A-Z2-7]{4}(?: [A-Z2-7]{1,4})+)</code>", page)
        assert found is not None, page
        self.secret, self._clock = read_secret(found[1]), clock

    def code(self, steps: int = 0) -> str:
        """The code it shows; `steps` later or earlier than now."""
        return code_at(self.secret, step_at(self._clock()) + steps)


def post(client: httpx.Client, path: str, page: str, **fields: str) -> httpx.Response:
    """Send a form of a page, with its token."""
    return client.post(path, data={"csrf": token_in(client.get(page).text), **fields})


def enrol(client: httpx.Client, clock: Clock) -> tuple[Telephone, list[str]]:
    """Set a second factor up, as the pages lead: the telephone, and the recovery codes."""
    begun = post(client, "/account/second-factor/begin", "/account/second-factor")
    phone = Telephone(begun.text, clock)
    done = client.post(
        "/account/second-factor/confirm", data={"csrf": token_in(begun.text), "code": phone.code()}
    )
    assert done.status_code == 200, done.text
    return phone, recovery_codes(done.text)


def recovery_codes(page: str) -> list[str]:
    """Those a page shows."""
    return re.findall(r"<li><code>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</code>", unescape(page))


def send_code(client: httpx.Client, code: str) -> httpx.Response:
    """Fill in the second step."""
    return post(client, "/sign-in/code", "/sign-in/code", code=code)
