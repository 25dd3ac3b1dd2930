"""Performs one call at a vendor: bounded in time and size, and never led elsewhere."""

from __future__ import annotations

import asyncio
from typing import Final

import httpx

from regulars.vocabulary.connector import Request, Response
from regulars.vocabulary.errors import BadPayload, InvalidInput, TooLarge, VendorBusy
from regulars.vocabulary.inflate import UnknownEncoding, inflate

CALL_SECONDS_MAX: Final = 20.0
CONNECT_SECONDS: Final = 5.0
SILENCE_SECONDS: Final = 10.0
BODY_BYTES_MAX: Final = 8 * 1024 * 1024


class Web:
    """The HTTP client of delivery. Redirects are handed on as answers, not followed."""

    def __init__(
        self, *, call_seconds_max: float = CALL_SECONDS_MAX, body_bytes_max: int = BODY_BYTES_MAX
    ) -> None:
        self._call_seconds_max = call_seconds_max
        self._body_bytes_max = body_bytes_max
        # Each source has a bound of its own; one for all would let a slow vendor take every connection.
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=32),
            follow_redirects=False,
        )

    async def send(self, request: Request) -> Response:
        """The vendor's answer, whatever its status.

        Raises VendorBusy when there is none in time, BadPayload when it is too large or cannot be unpacked.
        """
        try:
            async with asyncio.timeout(self._call_seconds_max):
                return await self._send(request)
        except TimeoutError:
            raise VendorBusy("The vendor did not answer in time.", code="vendor_timeout") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # The texts of these errors quote addresses; their class says enough.
            raise VendorBusy(f"The vendor cannot be reached ({type(error).__name__}).") from None
        except (TooLarge, UnknownEncoding, InvalidInput):
            raise BadPayload("The vendor's answer is too large or cannot be unpacked.") from None

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _send(self, request: Request) -> Response:
        # Asked for plainly, an answer can be bounded while it arrives.
        headers = {"accept-encoding": "identity", **request.headers}
        body = bytearray()
        async with self._client.stream(
            request.method, request.url, headers=headers, content=request.body or None
        ) as answer:
            async for part in answer.aiter_raw():
                body += part
                if len(body) > self._body_bytes_max:
                    raise TooLarge("The answer is over the limit.")
        encoding = answer.headers.get("content-encoding", "")
        plain = inflate(bytes(body), encoding, bytes_max=self._body_bytes_max)
        return Response(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, plain)
