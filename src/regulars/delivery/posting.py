"""Brings a message to an endpoint: one POST, bounded in time and size, never led elsewhere."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import httpx

from regulars import __version__
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.webhooks import ANSWER_BYTES_MAX, Answer

from . import reach

POST_SECONDS_MAX: Final = 15.0
ADDRESSES_TRIED_MAX: Final = 3
RETRY_AFTER_SECONDS_MAX: Final = 3_600
_HEADERS: Final = {
    "content-type": "application/json",
    "user-agent": f"Regulars/{__version__}",
    "accept-encoding": "identity",
}


class Poster:
    """The postman of webhooks. `loopback` lets messages go to this machine, without TLS even: for development.

    `seconds` bounds one try, from the look-up of the name to the last byte. `resolve` is asked for names, by
    default the system; `tls` says how certificates are checked, by default as for calls to vendors.
    """

    def __init__(
        self,
        *,
        loopback: bool = False,
        seconds: float = POST_SECONDS_MAX,
        resolve: reach.Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._loopback = loopback
        self._seconds = seconds
        self._names = reach.Names()
        self._resolve = resolve or self._names
        # No connection is kept: two hosts may share an address, and one's connection is not the other's. A proxy of
        # the environment would look names up itself, so there is none.
        self._client = httpx.AsyncClient(
            verify=tls or httpx.create_ssl_context(),
            timeout=seconds,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=False,
        )

    async def check(self, url: str) -> None:
        """Whether a webhook may go there now. Raises InvalidInput, with the field `url`."""
        try:
            async with asyncio.timeout(self._seconds):
                await reach.find(url, self._resolve, loopback=self._loopback)
        except TimeoutError:
            raise InvalidInput("The host was not found in time. Try again.", field="url") from None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Try once; never raises but when cancelled. An address is judged anew each time."""
        at, started = datetime.now(UTC), time.monotonic()
        found = _Found()
        error: str | None = None
        try:
            async with asyncio.timeout(self._seconds):
                place = await reach.find(url, self._resolve, loopback=self._loopback)
                await self._post(place, headers, body, found)
        except TimeoutError:
            error = "timeout"
        except InvalidInput:
            error = "address_refused"
        except (httpx.TimeoutException, httpx.ConnectError):
            error = "unreachable"
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError):
            error = "connection_broken"
        # An endpoint that said 2xx and then went on for ever, or broke off, has taken the message all the same.
        return Answer(
            at=at,
            took_ms=round((time.monotonic() - started) * 1_000),
            status=found.status,
            error=error if found.status is None else None,
            body=bytes(found.body),
            retry_after_seconds=found.retry_after_seconds,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()
        self._names.close()

    async def _post(self, place: reach.Place, headers: Mapping[str, str], body: bytes, found: _Found) -> None:
        """Post to the first of the addresses that lets us in."""
        addresses = place.addresses[:ADDRESSES_TRIED_MAX]
        for number, address in enumerate(addresses, start=1):
            request = self._client.build_request(
                "POST",
                place.url.copy_with(host=address),
                headers={**_HEADERS, **headers, "host": place.url.netloc.decode("ascii")},
                content=body,
                extensions={"sni_hostname": place.host},
            )
            try:
                answer = await self._client.send(request, stream=True)
            except httpx.ConnectError:
                if number == len(addresses):
                    raise
                continue
            try:
                await _read(answer, found)
            finally:
                await answer.aclose()
            return


class _Found:
    """What was heard of an answer so far."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.body = bytearray()
        self.retry_after_seconds = 0


async def _read(answer: httpx.Response, found: _Found) -> None:
    """The status and the beginning of the answer; the rest is not waited for."""
    found.status = answer.status_code
    named = answer.headers.get("retry-after", "")
    if named.isascii() and named.isdigit():
        found.retry_after_seconds = min(int(named[:9]), RETRY_AFTER_SECONDS_MAX)
    async for part in answer.aiter_raw():
        found.body += part[: ANSWER_BYTES_MAX - len(found.body)]
        if len(found.body) >= ANSWER_BYTES_MAX:
            return
