"""One kept-open HTTP/1.1 connection that posts bytes and reads the status: a tenth of the cost of a full client.

The sender has one per worker, so that sending takes little of the machine it shares with what it sends to.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Final, Protocol
from urllib.parse import urlsplit

import httptools
import httpx
from msgspec import Struct

TIMEOUT_SECONDS: Final = 15.0
READ_BYTES: Final = 65_536


class Answer(Struct, frozen=True):
    """What came back. Status 0: no answer at all. `retry_after` is the header's text, or empty."""

    status: int
    retry_after: str = ""


NO_ANSWER: Final = Answer(0)


class Wire(Protocol):
    """Posts to a path under a base address; never raises for what the network does."""

    async def post(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """The answer, or NO_ANSWER when there was none in time."""

    async def close(self) -> None:
        """Let go of the connection."""


class ClientWire:
    """A wire through an httpx client somebody else made: in-process transports, proxies, tests."""

    def __init__(self, client: httpx.AsyncClient, base_url: str) -> None:
        self._client = client
        self._base_url = base_url

    async def post(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """As Wire says."""
        try:
            answer = await self._client.post(f"{self._base_url}{path}", content=body, headers=headers)
        except httpx.TransportError:
            return NO_ANSWER
        return Answer(answer.status_code, answer.headers.get("retry-after", ""))

    async def close(self) -> None:
        """The client belongs to whoever made it."""


class _Reading:
    """Collects one response from httptools' callbacks."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.done = False
        self.keep = False
        self.retry_after = ""

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"retry-after":
            self.retry_after = value.decode("latin-1")

    def on_message_complete(self) -> None:
        self.done = True
        self.keep = self.parser.should_keep_alive()  # true only while the parser still is in this response


class StreamWire:
    """A wire over a socket of its own, opened when first needed and again when the other side closed it."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or (443 if self._tls else 80)
        self._prefix = parts.path.rstrip("/")
        self._authority = parts.netloc.rpartition("@")[2]
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """As Wire says."""
        request = self._request(path, headers, body)
        reused = self._streams is not None
        answer = await self._attempt(request)
        # A kept connection may have been closed in the meantime; that is no failure of the door.
        return await self._attempt(request) if answer is NO_ANSWER and reused else answer

    async def close(self) -> None:
        """Close the socket."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    def _request(self, path: str, headers: dict[str, str], body: bytes) -> bytes:
        lines = [
            f"POST {self._prefix}{path} HTTP/1.1",
            f"Host: {self._authority}",
            f"Content-Length: {len(body)}",
        ]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    async def _attempt(self, request: bytes) -> Answer:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._exchange(request)
        except (OSError, TimeoutError, httptools.HttpParserError):
            await self.close()
            return NO_ANSWER

    async def _exchange(self, request: bytes) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        reader, writer = self._streams
        writer.write(request)
        await writer.drain()
        reading = _Reading()
        while not reading.done:
            data = await reader.read(READ_BYTES)
            if not data:
                raise ConnectionResetError
            reading.parser.feed_data(data)
        if not reading.keep:
            await self.close()
        return Answer(reading.parser.get_status_code(), reading.retry_after)
