"""A small HTTP/1.1 client that costs little beside what it measures: kept connections, no redirects, no TLS."""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType
from typing import Final, Self

import httptools
from msgspec import Struct

CONNECTIONS_MAX: Final = 64
ANSWER_SECONDS: Final = 30.0


class Answer(Struct, frozen=True):
    """Status and body of an answer."""

    status: int
    body: bytes


class _Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._body: list[bytes] = []
        self._answer: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "connections are streams"
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        assert self._parser is not None, "the server speaks when asked"
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if self._answer is not None and self._parser is not None and not self._answer.done():
            self._answer.set_result(Answer(self._parser.get_status_code(), b"".join(self._body)))

    @property
    def open(self) -> bool:
        """True while it can be used."""
        return self._transport is not None

    async def send(self, request: bytes) -> Answer:
        assert self._transport is not None, "only open connections are used"
        self._parser, self._body = httptools.HttpResponseParser(self), []
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def bearer(key: str) -> str:
    """The header of a program with an API key."""
    return f"Authorization: Bearer {key}"


class Client:
    """Connections to one address; more are opened while all are busy, up to CONNECTIONS_MAX."""

    def __init__(self, host: str, port: int, who: str) -> None:
        """`who`: the header that says who asks, such as `Cookie: …`."""
        self._host, self._port = host, port
        self._head = f"Host: {host}:{port}\r\n{who}\r\n"
        self._idle: deque[_Connection] = deque()
        self._places = asyncio.Semaphore(CONNECTIONS_MAX)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._idle:
            self._idle.pop().close()

    async def get(self, path: str) -> Answer:
        """GET a path; its query must be quoted already."""
        return await self._send(f"GET {path} HTTP/1.1\r\n{self._head}\r\n".encode())

    async def post(self, path: str, body: bytes, kind: str = "application/json", *, key: str = "") -> Answer:
        """POST a body, as JSON unless told otherwise, under an Idempotency-Key where one is given."""
        head = f"POST {path} HTTP/1.1\r\n{self._head}Content-Type: {kind}\r\n"
        head += f"Idempotency-Key: {key}\r\n" if key else ""
        return await self._send(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    async def _send(self, request: bytes) -> Answer:
        async with self._places, asyncio.timeout(ANSWER_SECONDS):
            connection = await self._connection()
            try:
                answer = await connection.send(request)
            except BaseException:
                connection.close()
                raise
            # The one used last is the warmest.
            self._idle.append(connection)
            return answer

    async def _connection(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.open:
                return connection
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, self._host, self._port)
        return connection
