"""The thin edge to the web server: requests read with bounds, answers sent whole, errors in one form.

The doors speak ASGI directly, as they carry nearly all requests and a framework costs more than they do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import msgspec

from regulars.vocabulary.errors import InvalidInput, RegularsError
from regulars.vocabulary.inflate import inflate, too_large

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]

BODY_SECONDS_MAX: Final = 30.0
"""A body must have arrived this long after its first part, so that slow senders cannot pile up."""


class Disconnected(Exception):
    """The client left before its request was complete; nobody waits for an answer."""


class MethodNotAllowed(RegularsError):
    """The address exists, but not for this method."""

    code = "method_not_allowed"
    status = 405


class SlowBody(RegularsError):
    """The body did not arrive in time."""

    code = "timeout"
    status = 408
    retry = True


class Answer(msgspec.Struct, frozen=True, gc=False):
    """A whole answer. A body is JSON unless the headers say otherwise."""

    status: int
    body: bytes = b""
    headers: Headers = ()


class Incoming:
    """A request: what its first lines say now, its body when asked for."""

    __slots__ = ("_receive", "headers", "method", "path", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self._receive = receive
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])

    def header(self, name: bytes) -> str:
        """A header by its lower-case name, empty when absent; the last one where it is repeated."""
        return self.headers.get(name, b"").decode("latin-1")

    async def raw_body(self, *, bytes_max: int) -> bytes:
        """The body as sent. Raises TooLarge, as early as it is known, SlowBody and Disconnected."""
        declared = self.headers.get(b"content-length", b"")
        if declared.isdigit() and len(declared) < 20 and int(declared) > bytes_max:
            raise too_large(bytes_max)
        try:
            async with asyncio.timeout(BODY_SECONDS_MAX):
                return await self._collect(bytes_max)
        except TimeoutError:
            raise SlowBody("The body did not arrive in time. Send it again.") from None

    async def body(self, *, bytes_max: int) -> bytes:
        """The body with its compression undone; both forms are bound by `bytes_max`."""
        raw = await self.raw_body(bytes_max=bytes_max)
        encoding = self.headers.get(b"content-encoding")
        return raw if encoding is None else inflate(raw, encoding.decode("latin-1"), bytes_max=bytes_max)

    async def _collect(self, bytes_max: int) -> bytes:
        message = await self._receive()
        body: bytes | bytearray = _part(message)
        while message.get("more_body"):
            if len(body) > bytes_max:
                break
            message = await self._receive()
            body = _joined(body, _part(message))
        if len(body) > bytes_max:
            raise too_large(bytes_max)
        return bytes(body)


def _part(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise Disconnected
    part: bytes = message.get("body", b"")
    return part


def _joined(body: bytes | bytearray, part: bytes) -> bytearray:
    """Grows one buffer, so that many small parts cost no more than few large ones."""
    grown = body if isinstance(body, bytearray) else bytearray(body)
    grown += part
    return grown


def check_utf8(body: bytes) -> None:
    """Raises InvalidInput for what is no UTF-8: the JSON scanner lets it pass in parts it skips."""
    try:
        body.decode()
    except UnicodeDecodeError:
        raise InvalidInput("The body is not UTF-8.", code="invalid_json") from None


def not_json() -> InvalidInput:
    """The error for a body that cannot be read as JSON."""
    return InvalidInput("The body is not valid JSON.", code="invalid_json")


def error_answer(error: RegularsError) -> Answer:
    """An error as `{"code","message","field"}`, with Retry-After where coming back helps."""
    headers: Headers = ()
    if error.retry:
        headers = ((b"retry-after", str(max(1, error.retry_after_seconds or 1)).encode()),)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers += ((b"www-authenticate", b"Bearer"),)
    return Answer(error.status, msgspec.json.encode(error.body()), headers)


INTERNAL: Final = error_answer(
    RegularsError("Something failed on our side and was logged. Try again; nothing was taken.")
)


async def send_answer(send: Send, answer: Answer) -> None:
    """Send an answer whole."""
    headers = [(b"content-length", str(len(answer.body)).encode()), *answer.headers]
    if answer.body and not any(name == b"content-type" for name, _ in answer.headers):
        headers.append((b"content-type", b"application/json"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
